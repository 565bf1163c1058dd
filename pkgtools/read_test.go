// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// rawMember is a header with its content, for archives as no tool of ours makes
// them.
type rawMember struct {
	tar.Header
	content string
}

func mreg(name, content string) rawMember { return rawMember{reg(name), content} }

// archive is the members without the end of an archive.
func archive(t testing.TB, members ...rawMember) []byte {
	t.Helper()
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, m := range members {
		h := m.Header
		h.Size = int64(len(m.content))
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if h.ModTime.IsZero() {
			h.ModTime = when
		}
		if err := tw.WriteHeader(&h); err != nil {
			t.Fatalf("%q: %v", h.Name, err)
		}
		if _, err := io.WriteString(tw, m.content); err != nil {
			t.Fatalf("%q: %v", h.Name, err)
		}
	}
	if err := tw.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// setType changes the type of the nth block's header, and its sum.
func setType(archive []byte, block int, kind byte) []byte {
	h := archive[block*tarBlock : (block+1)*tarBlock]
	h[156] = kind
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return archive
}

// globalHeader is a pax header for all members behind it.
func globalHeader(t testing.TB, records ...string) []byte {
	t.Helper()
	var b strings.Builder
	for _, r := range records {
		n := len(r) + 3
		for len(fmt.Sprint(n))+len(r)+2 != n {
			n++
		}
		fmt.Fprintf(&b, "%d %s\n", n, r)
	}
	return setType(archive(t, mreg("pax_global_header", b.String())), 0, 'g')
}

// ofTar is an archive made by GNU tar of a directory.
func ofTar(t testing.TB, files map[string]string, prepare func(dir string), args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, files)
	if prepare != nil {
		prepare(dir)
	}
	cmd := exec.Command("tar", append([]string{"-c", "--owner=root:0", "--group=root:0", "--mtime=@1700000000"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tar %q: %v", args, err)
	}
	return out
}

func end(blocks int) []byte { return make([]byte, blocks*tarBlock) }

// What GNU tar takes, and Slackware's installpkg with it, makes the same files
// here. odd is what is told of it.
func TestReadAsTar(t *testing.T) {
	if out, err := exec.Command("tar", "--version").Output(); err != nil || !strings.Contains(string(out), "GNU tar") {
		t.Skip("no GNU tar")
	}
	hard := func(name, target string) rawMember {
		return rawMember{tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target}, ""}
	}
	dirMode := func(name string, mode int64) rawMember {
		return rawMember{tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode}, ""}
	}
	body := archive(t, mreg("f", strings.Repeat("x", 1000)), mreg("g", "y"))
	sparse := func(dir string) {
		f, err := os.Create(filepath.Join(dir, "hole"))
		if err == nil {
			_, err = f.WriteAt([]byte("middle"), 3<<20)
		}
		if err == nil {
			err = f.Truncate(5 << 20)
		}
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	big := map[string]string{"a/" + strings.Repeat("n", 120) + "/" + strings.Repeat("m", 130): "long", "b": "-> " + strings.Repeat("t", 150), "c/": ""}
	for _, test := range []struct {
		name string
		data []byte
		odd  string
	}{
		{"two blocks of zeros", append(slices.Clone(body), end(2)...), ""},
		{"one block of zeros", append(slices.Clone(body), end(1)...), "one block of zeros"},
		{"a record of zeros", append(slices.Clone(body), end(20)...), ""},
		{"more behind the end", slices.Concat(body, end(2), archive(t, mreg("later", "z")), end(2)), "more behind the end"},
		{"more behind a lone block of zeros", slices.Concat(body, end(1), archive(t, mreg("later", "z")), end(2)), "more behind the end"},
		{"text behind the end", slices.Concat(body, end(2), []byte("text")), "more behind the end"},
		{"/./ and //", slices.Concat(archive(t, dirMode("./", 0o755), dirMode("./usr/./", 0o755), mreg("usr/./bin//f", "x"), mreg("././etc/f", "y"), mreg("usr//g", "z")), end(2)), "has the name"},
		{"absolute", slices.Concat(archive(t, mreg("/abs/f", "x"), mreg("//g", "y"), hard("/abs/h", "/abs/f")), end(2)), "absolute name"},
		{"directory after its contents", slices.Concat(archive(t, mreg("d/e/f", "x"), dirMode("d/e/", 0o750), dirMode("d/", 0o700)), end(2)), ""},
		{"directory that shuts out", slices.Concat(archive(t, dirMode("d/", 0o500), dirMode("d/e/", 0o511), mreg("d/e/f", "x")), end(2)), ""},
		{"directory twice", slices.Concat(archive(t, dirMode("d/", 0o700), mreg("d/f", "x"), dirMode("d/", 0o751)), end(2)), ""},
		{"file twice", slices.Concat(archive(t, mreg("f", "old"), hard("h", "f"), mreg("f", "new"), mreg("f", "newest")), end(2)), "in the archive twice"},
		{"link and file of one name", slices.Concat(archive(t, rawMember{tlink("f", "g"), ""}, mreg("f", "x"), mreg("g", "y"), rawMember{tlink("g", "f"), ""}), end(2)), "twice"},
		{"hard link to a link", slices.Concat(archive(t, rawMember{tlink("l", "away"), ""}, hard("m", "l"), hard("n", "m")), end(2)), ""},
		{"hard link to a pipe", slices.Concat(archive(t, rawMember{tar.Header{Typeflag: tar.TypeFifo, Name: "p"}, ""}, hard("q", "p")), end(2)), ""},
		{"git archive", slices.Concat(globalHeader(t, "comment="+strings.Repeat("0", 40)), archive(t, dirMode("d/", 0o755), mreg("d/f", "x")), end(2)), ""},
		{"empty global header", slices.Concat(globalHeader(t), archive(t, mreg("f", "x")), end(2)), ""},
		{"global time", slices.Concat(globalHeader(t, "mtime=1234567890.5", "uid=6", "gid=7"), archive(t, mreg("f", "x")), end(2)), ""},
		{"directory of type 0", setType(slices.Concat(archive(t, dirMode("d/", 0o755)), end(2)), 0, '0'), ""},
		{"directory of no type", setType(slices.Concat(archive(t, dirMode("d/", 0o755)), end(2)), 0, 0), ""},
		{"contiguous file", setType(slices.Concat(archive(t, mreg("f", "x")), end(2)), 0, '7'), ""},
		{"volume", slices.Concat(setType(archive(t, mreg("label", "")), 0, 'V'), archive(t, mreg("f", "x")), end(2)), ""},
		{"incremental", ofTar(t, big, nil, "--incremental", "a", "b", "c"), ""},
		{"GNU", ofTar(t, big, nil, "--format=gnu", "a", "b", "c"), ""},
		{"old GNU", ofTar(t, big, nil, "--format=oldgnu", "a", "b", "c"), ""},
		{"pax", ofTar(t, big, nil, "--format=pax", "a", "b", "c"), ""},
		{"v7", ofTar(t, map[string]string{"a/f": "x", "b": "-> a"}, nil, "--format=v7", "a", "b"), ""},
		{"ustar", ofTar(t, map[string]string{"a/f": "x", "b": "-> a"}, nil, "--format=ustar", "a", "b"), ""},
		{"sparse, GNU", ofTar(t, nil, sparse, "-S", "--format=gnu", "hole"), ""},
		{"sparse, pax 0.0", ofTar(t, nil, sparse, "-S", "--format=pax", "--sparse-version=0.0", "hole"), ""},
		{"sparse, pax 0.1", ofTar(t, nil, sparse, "-S", "--format=pax", "--sparse-version=0.1", "hole"), ""},
		{"sparse, pax 1.0", ofTar(t, nil, sparse, "-S", "--format=pax", "--sparse-version=1.0", "hole"), ""},
		{"of macOS", slices.Concat(archive(t, rawMember{tar.Header{Typeflag: tar.TypeReg, Name: "f", Format: tar.FormatPAX, PAXRecords: map[string]string{
			paxXattr + "com.apple.quarantine": "0081;x", "LIBARCHIVE.xattr.com.apple.quarantine": "eA=="}}, "x"}), end(2)), "of another system"},
		{"attribute that no file system has", slices.Concat(archive(t, rawMember{tar.Header{Typeflag: tar.TypeReg, Name: "f", Format: tar.FormatPAX,
			PAXRecords: map[string]string{paxXattr + "system.nosuch": "x"}}, "x"}), end(2)), ""},
		{"old time", slices.Concat(archive(t, rawMember{tar.Header{Typeflag: tar.TypeReg, Name: "f", ModTime: time.Unix(-1000, 0)}, ""}), end(2)), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			name := writeGzip(t, dir, test.data)
			theirs, ours := filepath.Join(dir, "theirs"), filepath.Join(dir, "ours")
			put(t, dir, map[string]string{"theirs/": "", "ours/": ""})
			// As installpkg does it; what it says of its own accord is no failure.
			if out, err := exec.Command("tar", "-C", theirs, "--acls", "--xattrs", "--xattrs-include=*", "-xpzf", name).CombinedOutput(); err != nil {
				t.Fatalf("tar takes it no more than we do: %v\n%s", err, out)
			}
			if err := Extract(context.Background(), name, ours, ExtractOptions{Owners: os.Geteuid() == 0}); err != nil {
				t.Fatal(err)
			}
			if a, b := fullSnapshot(t, theirs), fullSnapshot(t, ours); a != b {
				t.Errorf("tar:\n%s\nours:\n%s", a, b)
			}
			p, err := Scan(context.Background(), name, ReadOptions{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if text := fmt.Sprint(p.Odd); (test.odd == "") != (len(p.Odd) == 0) || !strings.Contains(text, test.odd) {
				t.Errorf("odd: %v, want %q", p.Odd, test.odd)
			}
			// It is installed, too, and removed again.
			root := tempRoot(t)
			install(t, root, name)
			if a, b := fullSnapshot(t, theirs), fullSnapshot(t, root, "var"); a != b {
				t.Errorf("tar:\n%s\ninstalled:\n%s", a, b)
			}
			if _, err := open(t, root).Remove(context.Background(), "p", ChangeOptions{}); err != nil {
				t.Error(err)
			}
			for line := range strings.Lines(snapshot(t, root, "var")) { // directories that no member is stay
				if !strings.Contains(line, " d") {
					t.Errorf("left: %s", line)
				}
			}
		})
	}
}

// fullSnapshot is a snapshot with owners, and with times and blocks of files.
func fullSnapshot(t *testing.T, root string, skip ...string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(snapshot(t, root, skip...)) {
		p, _, _ := strings.Cut(line, " ")
		var st unix.Stat_t
		if err := unix.Lstat(filepath.Join(root, p), &st); err != nil {
			t.Fatal(err)
		}
		more := ""
		if st.Mode&unix.S_IFMT == unix.S_IFREG {
			more = fmt.Sprint(", time ", st.Mtim.Sec, ", sparse ", st.Blocks*512 < st.Size/2)
		}
		if p == "." {
			line = p
		}
		fmt.Fprintf(&b, "%.300s: %d:%d%s\n", strings.TrimSuffix(line, "\n"), st.Uid, st.Gid, more)
	}
	return b.String()
}

// What would be taken for something else, or harm, is refused.
func TestReadRefused(t *testing.T) {
	owned := func(uid, gid int64) []byte { // 32-bit systems have no such int
		return slices.Concat(archive(t, rawMember{tar.Header{Typeflag: tar.TypeReg, Name: "su", Mode: 0o4755, Uid: int(uid), Gid: int(gid), Format: tar.FormatGNU}, "x"}), end(2))
	}
	ids := "ids are at least 0 and less than 4294967295"
	for _, test := range []struct {
		name string
		data []byte
		err  string
	}{
		{"uid 2^32", owned(1<<32, 0), ids},
		{"uid 2^32-1", owned(1<<32-1, 0), ids},
		{"gid 2^32", owned(0, 1<<32), ids},
		{"gid 2^33+1", owned(0, 1<<33+1), ids},
		{"uid -1", owned(-1, 0), ids},
		{"uid 2^32 for all", slices.Concat(globalHeader(t, "uid=4294967296"), archive(t, mreg("f", "x")), end(2)), ids},
		{"uid that is no number", slices.Concat(globalHeader(t, "uid=root"), archive(t, mreg("f", "x")), end(2)), "a global header cannot be read"},
		{"one path for all", slices.Concat(globalHeader(t, "path=x"), archive(t, mreg("f", "x")), end(2)), "the same path"},
		{"device 4096,0", slices.Concat(archive(t, rawMember{tar.Header{Typeflag: tar.TypeChar, Name: "d", Devmajor: 4096}, ""}), end(2)), "no kernel has"},
		{"device 0,2^20", slices.Concat(archive(t, rawMember{tar.Header{Typeflag: tar.TypeBlock, Name: "d", Devminor: 1 << 20}, ""}), end(2)), "no kernel has"},
		{"no end", archive(t, mreg("f", "x")), "its end mark is missing"},
		{"half a block at the end", append(archive(t, mreg("f", "x")), make([]byte, 100)...), "cut off"},
		{"nothing", nil, "empty"},
		{"only a global header", slices.Concat(globalHeader(t, "comment=x"), end(2)), "empty"},
		{"end between the headers of one member", slices.Concat(archive(t, mreg(strings.Repeat("n", 200), ""))[:2*tarBlock], end(2)), "cut off"},
		{"hard link to itself", slices.Concat(archive(t, mreg("f", "x"), rawMember{tar.Header{Typeflag: tar.TypeLink, Name: "f", Linkname: "f"}, ""}), end(2)), "stands before it"},
		{"hard link to a directory", slices.Concat(archive(t, rawMember{tdir("d/"), ""}, rawMember{tar.Header{Typeflag: tar.TypeLink, Name: "h", Linkname: "d"}, ""}), end(2)), "stands before it"},
		{"upwards", slices.Concat(archive(t, mreg("a/../f", "x")), end(2)), "leaves the package"},
		{"upwards behind a slash", slices.Concat(archive(t, mreg("/../f", "x")), end(2)), "leaves the package"},
		{"below a link", slices.Concat(archive(t, rawMember{tlink("l", "/etc"), ""}, mreg("l/./f", "x")), end(2)), "no directory"},
		{"below a hard link to a link", slices.Concat(archive(t, rawMember{tlink("l", "/etc"), ""}, rawMember{tar.Header{Typeflag: tar.TypeLink, Name: "m", Linkname: "l"}, ""}, mreg("m/f", "x")), end(2)), "no directory"},
		{"continued elsewhere", slices.Concat(setType(archive(t, mreg("f", "x")), 0, 'M'), end(2)), "unknown type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			name := writeGzip(t, dir, test.data)
			_, err := Scan(context.Background(), name, ReadOptions{}, nil)
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), "p-1-noarch-1.tgz") {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

// A package whose members are odd a thousand times tells it once.
func TestOddOnce(t *testing.T) {
	var members []rawMember
	for i := range 1000 {
		members = append(members, mreg(fmt.Sprintf("d//f%d", i), ""))
	}
	p, err := Scan(context.Background(), writeGzip(t, t.TempDir(), slices.Concat(archive(t, members...), end(2))), ReadOptions{}, nil)
	if err != nil || len(p.Odd) != 1 || !strings.Contains(p.Odd[0].Text, "999 more") {
		t.Errorf("odd: %v, %v", p.Odd, err)
	}
}

// A panic in the library that reads an archive is an error that names the file.
func TestPanicIsAnError(t *testing.T) {
	for _, at := range []int64{0, 700} {
		name := filepath.Join(t.TempDir(), "p-1-noarch-1.tgz")
		data := slices.Concat(archive(t, mreg("f", strings.Repeat("x", 2000))), end(2))
		r := &Reader{name: name}
		r.start(t.Context(), &panicReader{bytes.NewReader(data), at}, int64(len(data)), ReadOptions{})
		_, err := r.Next()
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "no reader is prepared for") {
			t.Errorf("at %d: %v", at, err)
		}
		if _, again := r.Next(); again == nil {
			t.Errorf("at %d: goes on after it", at)
		}
	}
}

// panicReader fails as a library does, after n bytes.
type panicReader struct {
	r io.Reader
	n int64
}

func (p *panicReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b[:min(len(b), tarBlock)])
	if p.n -= int64(n); p.n < 0 {
		panic("index out of range")
	}
	return n, err
}

// What the file system does not know is lost, as with tar, and told once.
func TestAttributeThatIsLost(t *testing.T) {
	member := func(name string) rawMember {
		return rawMember{tar.Header{Typeflag: tar.TypeReg, Name: name, Format: tar.FormatPAX, PAXRecords: map[string]string{paxXattr + "system.nosuch": "x"}}, "x"}
	}
	name := writeGzip(t, t.TempDir(), slices.Concat(archive(t, member("f"), member("g")), end(2)))
	var told []string
	opt := ExtractOptions{Warn: func(o Oddity) { told = append(told, o.String()) }}
	if err := Extract(context.Background(), name, t.TempDir(), opt); err != nil {
		t.Fatal(err)
	}
	report := install(t, tempRoot(t), name)
	for _, said := range [][]string{told, report.Warnings} {
		if len(said) != 1 || !strings.HasPrefix(said[0], `"f" does not get its extended attribute system.nosuch: operation not supported (and 1 more)`) {
			t.Errorf("told %q", said)
		}
	}
}
