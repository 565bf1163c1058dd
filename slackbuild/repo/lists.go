// SPDX-License-Identifier: MIT

package repo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
)

// date is how the lists write a time.
const date = "Mon Jan _2 15:04:05 UTC 2006"

// kib is a size as the lists have it: whole KiB, rounded up.
func kib(n int64) int64 { return (n + 1023) / 1024 }

// packagesTxt is PACKAGES.TXT. slapt-get wants the fields in this order, and a
// blank line ends a package.
func (r *repository) packagesTxt() []byte {
	var b bytes.Buffer
	var packed, unpacked int64
	for _, p := range r.packages {
		packed, unpacked = packed+kib(p.Bytes), unpacked+kib(p.Uncompressed)
	}
	fmt.Fprintf(&b, "PACKAGES.TXT;  %s\n\n", r.updated.UTC().Format(date))
	fmt.Fprintf(&b, "This is the list of the %d packages here.\n\n", len(r.packages))
	fmt.Fprintf(&b, "Total size of all packages (compressed):  %d K\n", packed)
	fmt.Fprintf(&b, "Total size of all packages (uncompressed):  %d K\n\n\n", unpacked)
	for _, p := range r.packages {
		fmt.Fprintf(&b, "PACKAGE NAME:  %s\n", path.Base(p.name))
		fmt.Fprintf(&b, "PACKAGE LOCATION:  %s\n", location(p.name))
		fmt.Fprintf(&b, "PACKAGE SIZE (compressed):  %d K\n", kib(p.Bytes))
		fmt.Fprintf(&b, "PACKAGE SIZE (uncompressed):  %d K\n", kib(p.Uncompressed))
		field := func(name string, values []string, separator string) {
			if len(values) > 0 {
				fmt.Fprintf(&b, "PACKAGE %s:  %s\n", name, strings.Join(values, separator))
			}
		}
		field("REQUIRED", p.Required, ",")
		field("CONFLICTS", p.Conflicts, ",")
		field("SUGGESTS", p.Suggests, " ")
		fmt.Fprintf(&b, "PACKAGE MD5SUM:  %s\n", p.MD5)
		b.WriteString("PACKAGE DESCRIPTION:\n")
		for _, line := range p.Description {
			b.WriteString(line + "\n")
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

// location is the directory of the package, as ./dir.
func location(name string) string {
	if dir := path.Dir(name); dir != "." {
		return "./" + dir
	}
	return "."
}

// checksumsHead is twelve lines, the last of them the head of the columns; the
// readers look for sums and pass over all else.
const checksumsHead = `These are the MD5 message digests for the files in this directory.
If you want to test your files, use 'md5sum' and compare the values to
the ones listed here.

To test all these files, use this command:

tail +13 CHECKSUMS.md5 | md5sum --check | less

'md5sum' can be found in the GNU coreutils package on ftp.gnu.org in
/pub/gnu, or at any GNU mirror site.

MD5 message digest                Filename
`

// manifest writes the text of MANIFEST.bz2: what tar says of each package, below
// a banner that slackpkg looks for.
func (r *repository) manifest(to io.Writer) error {
	b := bufio.NewWriter(to)
	line := "++" + strings.Repeat("=", 40)
	for _, p := range r.packages {
		fmt.Fprintf(b, "%s\n||\n||   Package:  ./%s\n||\n%s\n", line, p.name, line)
		for m := range p.Members.lines() {
			b.WriteString(m)
			b.WriteByte('\n')
		}
		b.WriteString("\n\n")
	}
	return b.Flush() // the errors of all that was written before, too
}

// compressBzip2 compresses what write writes with the program of that name: Go's
// library only reads.
func compressBzip2(ctx context.Context, write func(io.Writer) error) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "bzip2", "-9", "-c")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("bzip2 for MANIFEST.bz2: %w", err)
	}
	err = errors.Join(write(in), in.Close())
	if waitErr := cmd.Wait(); waitErr != nil { // tells why writing to it failed, too
		return nil, fmt.Errorf("bzip2 for MANIFEST.bz2: %w: %s", waitErr, strings.TrimSpace(said.String()))
	}
	return out.Bytes(), err
}

// fileList is FILELIST.TXT; its first line must be a date.
func (r *repository) fileList(files []listed) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\nHere is the file list for this directory.\n\n", r.updated.UTC().Format(date))
	for _, f := range files {
		kind := "-rw-r--r--"
		if f.dir {
			kind = "drwxr-xr-x"
		}
		fmt.Fprintf(&b, "%s  1 0 0 %12d %s %s\n", kind, f.size, f.time.UTC().Format("2006-01-02 15:04"), f.path)
	}
	return b.Bytes()
}

type listed struct {
	path string // ./dir/file
	dir  bool
	size int64
	time time.Time
}

// change is what happened to one package since the last time.
type change struct{ name, what string }

// changes compares the packages by their names without version.
func changes(old map[string]*record, now []*entry) []change {
	base := func(name string) string {
		full, _ := pkgtools.TrimExt(name)
		return path.Join(path.Dir(name), pkgtools.BaseName(full))
	}
	was := map[string]bool{}
	for name := range old {
		was[base(name)] = true
	}
	is, kept := map[string]bool{}, map[string]bool{}
	var all []change
	for _, p := range now {
		is[base(p.name)], kept[p.name] = true, true
		switch before, ok := old[p.name]; {
		case ok && before.MD5 == p.MD5:
		case ok:
			all = append(all, change{p.name, "Rebuilt."})
		case was[base(p.name)]:
			all = append(all, change{p.name, "Upgraded."})
		default:
			all = append(all, change{p.name, "Added."})
		}
	}
	for _, name := range sortedKeys(old) {
		if !kept[name] && !is[base(name)] {
			all = append(all, change{name, "Removed."})
		}
	}
	return all
}

// maxChangeLog bounds ChangeLog.txt; that of Slackware -current has 6 MB.
const maxChangeLog = 32 << 20

// changeLog puts the changes above what ChangeLog.txt has.
func (r *repository) changeLog(list []change) ([]byte, error) {
	if info, err := os.Stat(r.path("ChangeLog.txt")); err == nil && info.Size() > maxChangeLog {
		return nil, fmt.Errorf("%s is larger than %d MiB; move the older half of it elsewhere", r.path("ChangeLog.txt"), maxChangeLog>>20)
	}
	old, err := os.ReadFile(r.path("ChangeLog.txt"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if len(list) == 0 {
		return old, nil
	}
	var b bytes.Buffer
	b.WriteString(r.updated.UTC().Format(date) + "\n")
	for _, c := range list {
		fmt.Fprintf(&b, "%s:  %s\n", c.name, c.what)
	}
	b.WriteString("+--------------------------+\n")
	return append(b.Bytes(), old...), nil
}
