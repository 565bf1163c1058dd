// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHumanSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 512: "512", 1023: "1023", 1024: "1.0K", 4096: "4.0K", 4097: "4.1K", 9 << 10: "9.0K", 10186: "10K", 10240: "10K", 10241: "11K",
		20480: "20K", 1023 << 10: "1023K", 1023<<10 + 1: "1.0M", 1 << 20: "1.0M", 2 << 20: "2.0M", 172 << 20: "172M", 3 << 30: "3.0G",
	} {
		if got := humanSize(n); got != want {
			t.Errorf("humanSize(%d) = %q, want %q", n, got, want)
		}
		if out, err := exec.Command("numfmt", "--to=iec", fmt.Sprint(n)).Output(); err == nil && strings.TrimSpace(string(out)) != want {
			t.Errorf("numfmt writes %d as %q", n, out)
		}
	}
}

func TestParseRecord(t *testing.T) {
	text := "PACKAGE NAME:     a-1-noarch-1\nCOMPRESSED PACKAGE SIZE:     4.0K\nUNCOMPRESSED PACKAGE SIZE:     20K\n" +
		"PACKAGE LOCATION: ./a-1-noarch-1.txz\nPACKAGE MD5SUM: 0123\nPACKAGE DESCRIPTION:\na: run ./configure\nFILE LIST:\n" +
		"+plus\n./\n./usr/\nusr/caf\\303\\251\nusr/t\\tb/\n../../etc/passwd\n/abs\nvar/lib/pkgtools/douninst.sh/a-1-noarch-1\n"
	want := &Record{Full: "a-1-noarch-1", CompressedSize: "4.0K", UncompressedSize: "20K", Location: "./a-1-noarch-1.txz", MD5: "0123",
		Description: []string{"a: run ./configure"},
		Files:       []string{"+plus", "./", "usr/", "usr/café", "usr/t\tb/", "abs", "var/lib/pkgtools/douninst.sh/a-1-noarch-1"}}
	if diff := cmp.Diff(want, parseRecord("a-1-noarch-1", []byte(text))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSlackDesc(t *testing.T) {
	d := SlackDesc{Name: "app", Short: "an application", Text: []string{"One.", "", "Two."}}
	if err := d.Check(); err != nil {
		t.Error(err)
	}
	if problems := CheckSlackDesc([]byte(d.String()), "app"); len(problems) > 0 {
		t.Errorf("problems of our own: %v", problems)
	}
	if got, err := ParseSlackDesc([]byte(d.String()), "app"); err != nil || !slices.Equal(got.Text, d.Text) || got.Short != d.Short {
		t.Errorf("read back: %+v, %v", got, err)
	}
	ruler := strings.Split(d.String(), "\n")[7]
	if len(ruler) != 3+72 || ruler[3] != '|' || ruler[74] != '|' {
		t.Errorf("ruler %q", ruler)
	}
	for _, bad := range []SlackDesc{{}, {Name: "a"}, {Name: "a", Short: strings.Repeat("x", 70)}, {Name: "a", Short: "b", Text: make([]string, 10)}, {Name: "a", Short: "b", Text: []string{"x\ty"}}} {
		if bad.Check() == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

// Each byte that a name can hold is written so that the line means it.
func TestLinkLinesOfEveryByte(t *testing.T) {
	for c := 1; c < 256; c++ {
		for _, l := range []link{{"d/x" + string([]byte{byte(c)}) + "y", "t"}, {"d/l", "a" + string([]byte{byte(c)})}, {"d" + string([]byte{byte(c)}) + "/l", "t"}} {
			if l.unfit() != "" || c == '/' {
				continue
			}
			if got := scriptLinks([]byte(l.lines())); len(got) != 1 || got[0] != l {
				t.Errorf("%+v became %+v", l, got)
			}
		}
	}
	got := link{"etc/x y", "../a b;c"}.lines()
	if want := "( cd etc ; rm -rf x\\ y )\n( cd etc ; ln -sf ../a\\ b\\;c x\\ y )\n"; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
	for _, line := range []string{
		"( cd $DIR ; rm -rf x )", "( cd a ; rm -rf b c )", "( cd a ; rm -rf ../b )", "( cd a ; rm -rf * )", "( cd a ; rm -rf . )", "( cd a; rm -rf b )",
		"(cd a ; rm -rf b )", "( cd a ; rm -rf b ) # x", "( cd a ; ln -s x b )", "( cd a ; rm -rf -x )", "( cd a ; rm -rf `x` )", "( cd a ; rm -rf b",
	} {
		if l, ok := parseLinkLine(line); ok {
			t.Errorf("%q was taken for a link: %+v", line, l)
		}
	}
}

// Every kind of compression is written and read back, by both engines.
func TestCompressions(t *testing.T) {
	var entries []Entry
	for i := range 20 {
		entries = append(entries, file(fmt.Sprintf("usr/f%d", i), strings.Repeat(fmt.Sprint("line ", i, "\n"), 3000*i)))
	}
	entries = withDirs(entries...)
	var want string
	for _, test := range []struct{ ext, program, engine string }{
		{".tgz", "", Auto}, {".tar.gz", "", Auto}, {".txz", "", Go}, {".txz", "xz", Program}, {".txz", "7zz", SevenZip}, {".tbz", "bzip2", Auto}, {".tlz", "lzip", Auto}, {".tar.lzma", "xz", Auto},
	} {
		t.Run(test.ext+" "+test.engine, func(t *testing.T) {
			if _, err := exec.LookPath(test.program); test.program != "" && err != nil {
				t.Skip(err)
			}
			var sums []string
			for _, threads := range []int{1, 2, 5} {
				name := filepath.Join(t.TempDir(), "a-1-noarch-1"+test.ext)
				opt := WriteOptions{Compression: Compression{Engine: test.engine, Threads: threads}}
				if err := Write(context.Background(), name, entries, opt); err != nil {
					t.Fatal(err)
				}
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				sums = append(sums, string(b))
				for _, engine := range []string{Go, Auto} {
					got, err := contents(name, engine)
					if err != nil {
						t.Fatal(err)
					}
					if want == "" {
						want = got
					}
					if got != want {
						t.Errorf("engine %q reads other content", engine)
					}
				}
			}
			if sums[0] != sums[1] || sums[0] != sums[2] {
				t.Error("the number of threads changes the bytes")
			}
		})
	}
}

// A machine without compressor programs makes packages all the same.
func TestNoPrograms(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	name := filepath.Join(t.TempDir(), "a-1-noarch-1.txz")
	for _, engine := range []string{Program, SevenZip, "zip"} {
		if err := Write(t.Context(), name, withDirs(file("f", "x")), WriteOptions{Compression: Compression{Engine: engine}}); err == nil {
			t.Errorf("engine %q: no error", engine)
		}
	}
	if err := Write(t.Context(), name, withDirs(file("f", "x")), WriteOptions{}); err != nil {
		t.Error(err)
	}
}

// The Go engine cuts large archives into blocks that are compressed at the
// same time, and the reader and xz(1) take them as one.
func TestXzGoBlocks(t *testing.T) {
	content := strings.Repeat("some text that is easy to compress 0123456789\n", 60*mib/46)
	name := filepath.Join(t.TempDir(), "a-1-noarch-1.txz")
	if err := Write(context.Background(), name, withDirs(file("f", content)), WriteOptions{Compression: Compression{Engine: Go}}); err != nil {
		t.Fatal(err)
	}
	p, err := Scan(context.Background(), name, ReadOptions{Engine: Go, Limits: Limits{Ratio: -1}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	claimed, err := Describe(context.Background(), name, ReadOptions{Engine: Go, Limits: Limits{Ratio: -1}})
	if err != nil || claimed.Size != p.Size {
		t.Errorf("the index says %d bytes, there are %d: %v", claimed.Size, p.Size, err)
	}
	if xzUtils() > 0 {
		if out, err := exec.Command("xz", "-t", "-F", "xz", "-S", ".txz", name).CombinedOutput(); err != nil {
			t.Errorf("xz -t: %v: %s", err, out)
		}
	}
}

// A dictionary that is too large is found in whatever block the decoder will
// come to, and nothing else is refused.
func TestXzDictionary(t *testing.T) {
	var b bytes.Buffer
	w, err := (&compression{out: &b, Compression: Compression{Threads: 1}}).xzGo()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, strings.Repeat("text\n", 1000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	large := bytes.Clone(good)
	header := large[xzHeaderSize : xzHeaderSize+(int(large[xzHeaderSize])+1)*4]
	i := bytes.Index(header, []byte{0x21, 1}) + 2
	header[i] = 40 // 4 GiB - 1
	binary.LittleEndian.PutUint32(header[len(header)-4:], crc32.ChecksumIEEE(header[:len(header)-4]))
	tests := map[string]struct{ data, err string }{
		"one stream":           {string(good), ""},
		"two, with padding":    {string(good) + "\x00\x00\x00\x00" + string(good), ""},
		"large":                {string(large), "dictionary"},
		"large after good":     {string(good) + string(large), "dictionary"},
		"too many blocks":      {strings.Repeat(string(good), 3000), "more blocks"},
		"many streams":         {strings.Repeat(string(good), 1000), ""},
		"cut off":              {string(good[:len(good)-1]), "whole"},
		"cut off in the block": {string(good[:xzHeaderSize+20]), "whole"},
	}
	if xzUtils() > 0 {
		for name, options := range map[string][]string{
			"many blocks, sizes in their headers": {"-T2", "--block-size=4096"}, "many blocks": {"-T1", "--block-size=4096"},
			"stored": {"-0"}, "no check": {"--check=none"}, "sha256": {"--check=sha256"},
		} {
			cmd := exec.Command("xz", append(options, "-c")...)
			cmd.Stdin = io.MultiReader(strings.NewReader(strings.Repeat("text\n", 4000)), io.LimitReader(rand.NewChaCha8([32]byte{}), 200<<10))
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			tests[name] = struct{ data, err string }{string(out), ""}
		}
	}
	for name, test := range tests {
		err := checkXz(t.Context(), &source{strings.NewReader(test.data), int64(len(test.data))})
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: %v, want %q", name, err, test.err)
		}
	}
}

// A package that expands to far more than it should is refused before that
// costs anything.
func TestBomb(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a-1-noarch-1.tgz")
	zeros := Entry{Path: "zeros", Mode: 0o644, Size: 200 * mib, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.LimitReader(zeroReader{}, 200*mib)), nil
	}}
	if err := Write(context.Background(), name, withDirs(zeros), WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, limits := range []Limits{{}, {Size: mib, Ratio: -1}, {Entries: 1, Ratio: -1}} {
		var e *LimitError
		if _, err := contents2(name, limits); !errors.As(err, &e) {
			t.Errorf("%+v: %v", limits, err)
		}
	}
	if n, err := contents2(name, Limits{Ratio: -1}); err != nil || n != 200*mib {
		t.Errorf("without a limit: %d bytes, %v", n, err)
	}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func contents2(name string, limits Limits) (n int64, err error) {
	_, err = Scan(context.Background(), name, ReadOptions{Limits: limits}, func(_ *Entry, r io.Reader) error {
		k, err := io.Copy(io.Discard, r)
		n += k
		return err
	})
	return n, err
}

// Content that is cut off is an error, also where the archive just ends.
func TestContentCutOff(t *testing.T) {
	h := reg("f")
	whole := rawPackage(t, "a-1-noarch-1", tdir("./"), h)
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	z, _, err := (&source{bytes.NewReader(data), int64(len(data))}).decompress(context.Background(), Go, 1)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	cut := compressed(t, "a-1-noarch-1", archive[:2*tarBlock+5])
	r, err := Open(context.Background(), cut, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := io.ReadAll(r); err == nil {
		t.Errorf("%d bytes, and no error", len(b))
	}
}

// Access control lists and attributes go through a package and back.
func TestXattrs(t *testing.T) {
	acl := "user::rw-\nuser:0:r--\ngroup::r--\nmask::r--\nother::---\n"
	e := file("usr/f", "x")
	e.Xattrs = map[string]string{"SCHILY.acl.access": acl, "SCHILY.xattr.user.test": "value"}
	name := filepath.Join(t.TempDir(), "a-1-noarch-1.tgz")
	if err := Write(context.Background(), name, withDirs(e), WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Extract(context.Background(), name, dir, ExtractOptions{}); err != nil {
		t.Skipf("extended attributes: %v", err)
	}
	entries, err := Walk(context.Background(), dir, WalkOptions{ACLs: true, Xattrs: true})
	if err != nil {
		t.Fatal(err)
	}
	got := entries[len(entries)-1]
	if diff := cmp.Diff(e.Xattrs, got.Xattrs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var warned []string
	if _, err := Walk(context.Background(), dir, WalkOptions{Warn: func(s string) { warned = append(warned, s) }}); err != nil || len(warned) != 2 {
		t.Errorf("warnings %q, %v", warned, err)
	}
}

func TestParseEpoch(t *testing.T) {
	if got, err := ParseEpoch("1700000000"); err != nil || !got.Equal(when) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "junk", "-1", "1 --exclude=x", "1.5", "99999999999"} {
		if _, err := ParseEpoch(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestDiff(t *testing.T) {
	changed := file("usr/mode", "x")
	changed.Mode = 0o755
	a := pack(t, "a-1-noarch-1", file("usr/gone", "x"), file("usr/mode", "x"), file("usr/text", "one\n"), symlink("usr/l", "a"), file("usr/same", "s"))
	b := pack(t, "a-2-noarch-1", file("usr/new", "x"), changed, file("usr/text", "two\n"), symlink("usr/l", "b"), file("usr/same", "s"))
	changes, err := Diff(context.Background(), a, b, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range changes {
		got[c.Path] = c.Kind + ": " + strings.Join(c.What, ", ")
		if c.Path == "usr/text" && (string(c.Old) != "one\n" || string(c.New) != "two\n") {
			t.Errorf("texts %q and %q", c.Old, c.New)
		}
	}
	want := map[string]string{"usr/gone": "removed: file", "usr/new": "added: file", "usr/mode": "changed: mode 644 to 755",
		"usr/text": "changed: content", "usr/l": `changed: target "a" to "b"`, "install/doinst.sh": "changed: content"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if changes, err := Diff(context.Background(), a, a, ReadOptions{}); err != nil || len(changes) > 0 {
		t.Errorf("with itself: %v, %v", changes, err)
	}
}

// A database of a release before 15.0 stays where it is.
func TestOldDatabase(t *testing.T) {
	root := tempRoot(t)
	put(t, root, map[string]string{"var/log/packages/old-1-i486-1": "PACKAGE NAME:     old-1-i486-1\nFILE LIST:\n./\nusr/\nusr/old\n", "usr/old": "x", "var/log/scripts/": ""})
	install(t, root, pack(t, "a-1-noarch-1", file("usr/a", "x"), symlink("usr/l", "a")))
	d := open(t, root)
	names, err := d.Names()
	if err != nil || !slices.Equal(names, []string{"a-1-noarch-1", "old-1-i486-1"}) {
		t.Errorf("installed %q, %v", names, err)
	}
	for _, n := range names {
		if _, err := d.Remove(context.Background(), n, ChangeOptions{}); err != nil {
			t.Error(err)
		}
	}
	got := snapshot(t, root)
	if strings.Contains(got, "var/lib") || strings.Contains(got, "\nusr") || !strings.Contains(got, "var/log/removed_packages/old-1-i486-1 ") {
		t.Errorf("left:\n%s", got)
	}
}
