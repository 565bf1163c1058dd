// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"context"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// The values are those that setcap of libcap 2.66 writes.
func TestCapabilityText(t *testing.T) {
	for value, want := range map[string]string{
		"0100000200200000000000000000000000000000":         "cap_net_raw+ep",
		"0000000200200000000000000000000000000000":         "cap_net_raw+p",
		"0100000200300000000000000000000000000000":         "cap_net_admin,cap_net_raw+ep",
		"0000000200000000001000000000000000000000":         "cap_net_admin+i",
		"0100000200200000001000000000000000000000":         "cap_net_admin+ei cap_net_raw+ep",
		"0100000200000000000000000001000000000000":         "cap_checkpoint_restore+ep",
		"0100000200000000000000000000000100000000":         "56+ep",
		"0100000100200000" + "00000000":                    "cap_net_raw+ep",
		"0100000300200000000000000000000000000000e8030000": "cap_net_raw+ep [rootid=1000]",
		"0000000200000000000000000000000000000000":         "none",
		"":                 "of an unknown form (0 bytes)",
		"0100000200200000": "of an unknown form (8 bytes)",
		"0100000900200000000000000000000000000000": "of an unknown form (20 bytes)",
	} {
		data, err := hex.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		e := Entry{Xattrs: map[string]string{capabilityXattr: string(data)}}
		if got := e.Capabilities(); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
	e := Entry{}
	if got := e.Capabilities(); got != "" {
		t.Errorf("of a plain file: %q", got)
	}
}

// What tar stores of a file's capabilities and access control lists is found by
// Verify and told by the entry.
func TestAttributesAreShown(t *testing.T) {
	ping := tar.Header{Typeflag: tar.TypeReg, Name: "bin/ping", Mode: 0o755, Format: tar.FormatPAX, PAXRecords: map[string]string{
		capabilityXattr: "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		aclAccess:       "user::rwx\nuser:1000:rwx\ngroup::r-x\nmask::rwx\nother::r-x\n", paxXattr + "user.origin": "x", paxXattr + "user.b": "y",
	}}
	spool := tar.Header{Typeflag: tar.TypeDir, Name: "var/spool/x/", Mode: 0o755, Format: tar.FormatPAX, PAXRecords: map[string]string{
		aclDefault: "user::rwx,group::---,other::---\n"}}
	name := rawPackage(t, "a-1-noarch-1", tdir("./"), ping, spool)
	v, err := Verify(context.Background(), name, ReadOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range v.Findings {
		found[f.Rule+" "+f.Member] = f.Text
	}
	for rule, want := range map[string]string{
		"package-capability bin/ping": "has file capabilities: cap_net_raw+ep",
		"package-acl bin/ping":        "has an access control list: user::rwx,user:1000:rwx,group::r-x,mask::rwx,other::r-x",
		"package-acl var/spool/x":     "has an access control list for what is made in it: user::rwx,group::---,other::---",
	} {
		if found[rule] != want {
			t.Errorf("%s: %q, want %q", rule, found[rule], want)
		}
	}
	if got := v.Package.Entries[1].OtherXattrs(); !slices.Equal(got, []string{"user.b", "user.origin"}) {
		t.Errorf("other attributes: %q", got)
	}
}

// A script that is not a regular file is not passed over: stock installpkg runs
// a hard link's content.
func TestScriptThatIsNoFile(t *testing.T) {
	for _, script := range []string{doinstPath, douninstPath} {
		for kind, h := range map[string]tar.Header{
			"hard link":     {Typeflag: tar.TypeLink, Linkname: "etc/x"},
			"symbolic link": {Typeflag: tar.TypeSymlink, Linkname: "../etc/x"},
			"named pipe":    {Typeflag: tar.TypeFifo},
			"directory":     {Typeflag: tar.TypeDir},
		} {
			h.Name = script
			name := rawPackage(t, "a-1-noarch-1", tdir("./"), reg("etc/x"), tdir("install/"), h)
			root := tempRoot(t)
			put(t, root, map[string]string{"etc/f": "x"})
			_, err := open(t, root).Install(context.Background(), name, ChangeOptions{})
			if err == nil || !strings.Contains(err.Error(), script) || !strings.Contains(err.Error(), "is a "+kind) {
				t.Errorf("%s as a %s: %v", script, kind, err)
			}
			if _, err := os.Lstat(filepath.Join(root, "etc/x")); err == nil {
				t.Errorf("%s as a %s: installed all the same", script, kind)
			}
			v, err := Verify(context.Background(), name, ReadOptions{}, nil)
			if err != nil || !slices.ContainsFunc(v.Findings, func(f finding.Finding) bool { return f.Rule == "doinst-file" && f.Member == script }) {
				t.Errorf("%s as a %s: verify finds %v, %v", script, kind, v, err)
			}
		}
	}
	name := rawPackage(t, "a-1-noarch-1", tdir("./"), tdir("install/"), reg("install/x"), tar.Header{Typeflag: tar.TypeLink, Name: "usr/x", Linkname: "install/x"})
	if _, err := open(t, tempRoot(t)).Install(context.Background(), name, ChangeOptions{}); err == nil || !strings.Contains(err.Error(), "which is not installed") {
		t.Errorf("hard link to a file of install/: %v", err)
	}
}

// What the kernel stores is read as setcap and getcap have it.
func TestCapabilityOfAFile(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"f": "x"})
	if out, err := exec.Command("setcap", "cap_net_bind_service,cap_net_raw+ep", filepath.Join(dir, "f")).CombinedOutput(); err != nil {
		t.Skipf("setcap: %v: %s", err, out)
	}
	entries, err := Walk(context.Background(), dir, WalkOptions{Xattrs: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := entries[1].Capabilities(); got != "cap_net_bind_service,cap_net_raw+ep" {
		t.Errorf("capabilities %q", got)
	}
}

func FuzzCapability(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x00\x00\x00\x03"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, ok := capabilityText(data)
		if ok == (text == "") || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%x became %q, %v", data, text, ok)
		}
	})
}
