// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var nameSeeds = []string{
	"foo-bar-1.0-x86_64-1_SBo.txz", "foo.txz", "foo-1-x.txz", "a-b-c-d-e-f.tgz", "foo---.txz", "-1-2-3.txz",
	"foo-1.0-x86_64-1.txz.txz", ".txz", "dir/foo-1-noarch-2", "foo%-1-x-1", "a b-1-x-1",
}

func FuzzParseName(f *testing.F) {
	for _, s := range nameSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		full, _ := TrimExt(s)
		if base := BaseName(full); !strings.HasPrefix(full, base) {
			t.Errorf("BaseName(%q) = %q", full, base)
		}
		n, err := ParseName(s)
		if err != nil {
			return
		}
		if n.String() != full || n.Name != BaseName(full) {
			t.Errorf("ParseName(%q) = %q, the full name is %q", s, n, full)
		}
		again, err := ParseName(n.String() + ".txz")
		if err != nil || again != n {
			t.Errorf("ParseName(%q) = %v, %v", n.String(), again, err)
		}
	})
}

func FuzzSlackDesc(f *testing.F) {
	good := SlackDesc{Name: "app", Short: "an app", Text: []string{"One line.", "", "Another."}}
	f.Add([]byte(good.String()), "app")
	f.Add([]byte("app: app (x)\napp:\napp: text\r\n"), "app")
	f.Add([]byte("f.o: x\n"), "f.o")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		CheckSlackDesc(data, name)
		d, err := ParseSlackDesc(data, name)
		if err != nil || d.Check() != nil || strings.ContainsAny(name, "\n") {
			return
		}
		again, err := ParseSlackDesc([]byte(d.String()), name)
		if err != nil {
			t.Fatalf("%q was written as %q: %v", data, d.String(), err)
		}
		// Blanks at the ends of lines are not kept.
		if len(again.Text) > len(d.Text) {
			t.Errorf("%q became %q", d.Text, again.Text)
		}
	})
}

func FuzzLinkLine(f *testing.F) {
	f.Add("usr/lib", "liba.so", "liba.so.1")
	f.Add("etc", "x y", "../a b;c")
	f.Add("a#b", "~x", "{a,b}")
	f.Add(".", "x\\", "$(reboot)")
	f.Fuzz(func(t *testing.T, dir, name, target string) {
		l := link{path.Join(dir, name), target}
		if checkPath(l.path) != nil || l.path == "." || target == "" || l.unfit() != "" || strings.IndexByte(target, 0) >= 0 {
			return
		}
		got := scriptLinks([]byte(l.lines()))
		if strings.HasPrefix(path.Dir(l.path), "-") {
			return // never written: removepkg would not find it
		}
		if len(got) != 1 || got[0] != l {
			t.Errorf("%+v written and read is %+v\n%s", l, got, l.lines())
		}
	})
}

func FuzzRewrite(f *testing.F) {
	f.Add([]byte("config() {\n  :\n}\n( cd etc ; rm -rf x )\n( cd etc ; ln -sf y x )\nconfig etc/a.new\n"))
	f.Add([]byte("( cd etc ; rm -rf x )\n( cd etc ; ln -sf 0 x )"))
	f.Add([]byte("cat << EOF\n( cd etc ; rm -rf x )\n( cd etc ; ln -sf y x )\nEOF\n( cd a ; rm -rf b )\n"))
	f.Fuzz(func(t *testing.T, script []byte) {
		text, runs := rewrite(script)
		if bytes.Count(text, []byte("\n")) != bytes.Count(script, []byte("\n")) {
			t.Errorf("the number of lines changed:\n%s\n%s", script, text)
		}
		if len(runs) == 0 && !bytes.Contains(text, []byte(" && ")) && !bytes.Equal(text, script) {
			t.Errorf("a script without links changed:\n%s\n%s", script, text)
		}
		for _, run := range runs {
			for _, l := range run {
				if checkPath(l.path) != nil {
					t.Errorf("link outside: %q", l.path)
				}
			}
		}
	})
}

func FuzzRecord(f *testing.F) {
	r := Record{Full: "a-1-x-1", CompressedSize: "4.0K", UncompressedSize: "20K", Location: "/tmp/a-1-x-1.txz",
		Description: []string{"a: a (b)"}, Files: []string{"./", "etc/", "etc/x\\ny"}}
	f.Add(r.format())
	f.Add([]byte("FILE LIST:\n/abs\n../../x\n./\n./usr/./x\n\\303\\251\n\\"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, p := range parseRecord("a-1-x-1", text).Files {
			if p == "./" {
				continue
			}
			if err := checkPath(strings.TrimSuffix(p, "/")); err != nil {
				t.Error(err)
			}
		}
		if s := string(text); recordUnquote(recordQuote(s)) != s {
			t.Errorf("%q is quoted as %q", s, recordQuote(s))
		}
	})
}

// seedArchive is an uncompressed package.
func seedArchive(f *testing.F) []byte {
	f.Helper()
	name := pack(f, "seed-1-noarch-1", file("etc/a", "x"), symlink("etc/b", "a"), file("usr/"+strings.Repeat("n", 120), "y"),
		Entry{Path: "etc/h", Mode: 0o644, HardLink: "etc/a", ModTime: when})
	z, err := os.Open(name)
	if err != nil {
		f.Fatal(err)
	}
	defer z.Close()
	g, err := gzip.NewReader(z)
	if err != nil {
		f.Fatal(err)
	}
	b, err := io.ReadAll(g)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

func FuzzReader(f *testing.F) {
	f.Add(seedArchive(f))
	f.Add(seedArchive(f)[:6*tarBlock+1]) // cut off in a file
	f.Add(make([]byte, 10240))
	f.Add(slices.Concat(globalHeader(f, "mtime=1", "uid=5"), archive(f, mreg("/a//b", "x"), mreg("./a/./b", "y"), rawMember{tdir("a/"), ""}), end(1)))
	f.Add(slices.Concat(archive(f, mreg("a", "x")), end(1), archive(f, mreg("b", "y"))))
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "../x", Typeflag: tar.TypeReg}, {Name: "/abs", Typeflag: tar.TypeReg}, {Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/"},
		{Name: "l/x", Typeflag: tar.TypeReg}, {Name: "x", Typeflag: tar.TypeReg, PAXRecords: map[string]string{"SCHILY.acl.access": "user::rw-"}},
	} {
		if err := tw.WriteHeader(&h); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, archive []byte) {
		r := &Reader{}
		r.start(t.Context(), bytes.NewReader(archive), int64(len(archive)), ReadOptions{Limits: Limits{Size: 1 << 24, Entries: 1000}})
		var n int64
		for {
			e, err := r.Next()
			if err != nil {
				if err == io.EOF && r.Size() < 3*tarBlock {
					t.Error("an archive without entries was accepted")
				}
				return
			}
			if err := checkPath(e.Path); err != nil {
				t.Error(err)
			}
			k, err := io.Copy(io.Discard, r)
			if n += k; n > 1<<24 {
				t.Errorf("%d bytes were read", n)
			}
			if err == nil && e.file() && k != e.Size {
				t.Errorf("%q: %d bytes of %d", e.Path, k, e.Size)
			}
		}
	})
}

// FuzzExtract unpacks archives next to a file that must stay what it is.
func FuzzExtract(f *testing.F) {
	f.Add(seedArchive(f))
	f.Fuzz(func(t *testing.T, archive []byte) {
		dir := t.TempDir()
		put(t, dir, map[string]string{"outside/f": "x", "in/link": "-> ../outside", "in/abs": "-> " + dir + "/outside"})
		name := writeGzip(t, dir, archive)
		opt := ExtractOptions{ReadOptions: ReadOptions{Limits: Limits{Size: 1 << 20, Entries: 100}}}
		Extract(context.Background(), name, filepath.Join(dir, "in"), opt)
		if got := snapshot(t, filepath.Join(dir, "outside")); !strings.Contains(got, `f -rw-r--r-- "x" nlink 1`) || strings.Count(got, "\n") != 2 {
			t.Errorf("outside changed:\n%s", got)
		}
	})
}

func FuzzXzIndex(f *testing.F) {
	var b bytes.Buffer
	c := &compression{out: &b, total: 100, Compression: Compression{Threads: 1}}
	w, err := c.xzGo()
	if err != nil {
		f.Fatal(err)
	}
	w.Write([]byte("some data"))
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(append(b.Bytes(), b.Bytes()...))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{bytes.NewReader(data), int64(len(data))}
		if n, err := xzSize(s); err == nil && n < 0 {
			t.Errorf("size %d", n)
		}
		checkXz(t.Context(), s)
	})
}

// FuzzDecompress reads files of every format in this process: what is read is
// bounded, and so is the memory that the decoders take.
func FuzzDecompress(f *testing.F) {
	for _, ext := range []string{".txz", ".tgz", ".tbz", ".tlz", ".tar.lzma"} {
		name := filepath.Join(f.TempDir(), "seed-1-noarch-1"+ext)
		err := Write(context.Background(), name, withDirs(file("a", "content")), WriteOptions{Compression: Compression{Engine: Go}})
		if errors.Is(err, exec.ErrNotFound) {
			continue // without the program the other seeds have to do
		}
		if err != nil {
			f.Fatal(err)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)-20])
		f.Add(append(data, data...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if z, _, err := (&source{bytes.NewReader(data), int64(len(data))}).decompress(t.Context(), Go, 1); err == nil {
			io.Copy(io.Discard, io.LimitReader(z, 1<<22))
			z.Close()
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 3*maxDictionary {
			t.Errorf("%d MiB were allocated", n/mib)
		}
	})
}

// writeGzip writes data, compressed, as a package file.
func writeGzip(t *testing.T, dir string, data []byte) (name string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(dir, "p-1-noarch-1.tgz")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// FuzzInstall installs and removes archives, those without scripts, in a root
// with links that lead outside.
func FuzzInstall(f *testing.F) {
	f.Add(seedArchive(f))
	f.Fuzz(func(t *testing.T, archive []byte) {
		dir := tempRoot(t)
		put(t, dir, map[string]string{"outside/f": "x", "root/etc/a": "-> ../../outside/f", "root/usr": "-> " + dir + "/outside", "root/l": "-> ../../outside"})
		name := writeGzip(t, dir, archive)
		opt := ChangeOptions{ReadOptions: ReadOptions{Limits: Limits{Size: 1 << 20, Entries: 100}}}
		p, err := Scan(t.Context(), name, opt.ReadOptions, nil)
		if err != nil || len(p.Doinst)+len(p.Douninst) > 0 {
			return
		}
		if d, err := OpenDatabase(filepath.Join(dir, "root")); err == nil {
			if _, err := d.Install(t.Context(), name, opt); err == nil {
				d.Remove(t.Context(), "p", opt)
			}
			d.Close()
		}
		if got := snapshot(t, filepath.Join(dir, "outside")); !strings.Contains(got, `f -rw-r--r-- "x" nlink 1`) || strings.Count(got, "\n") != 2 {
			t.Errorf("outside changed:\n%s", got)
		}
	})
}

// FuzzVerify checks programs, descriptions and links of a package.
func FuzzVerify(f *testing.F) {
	f.Add(elfWithRpath("/tmp/x"), []byte("p: p (x)\np:\n"), "usr/lib", "x.so")
	f.Add([]byte(elf.ELFMAG), []byte{}, "a;b", "-x")
	f.Fuzz(func(t *testing.T, program, desc []byte, linkDir, target string) {
		v := newVerifier("p-1-x86_64-1.txz")
		e := file("usr/bin/p", string(program))
		if err := v.entry(&e, bytes.NewReader(program)); err != nil {
			t.Error(err)
		}
		v.whole(&Package{File: "p-1-x86_64-1.txz", Full: "p-1-x86_64-1", Entries: []Entry{dir("."), e}, SlackDesc: desc,
			Doinst: []byte(link{path.Join(linkDir, "l"), target}.lines())})
	})
}

func FuzzLzip(f *testing.F) {
	f.Add([]byte("LZIP\x01\x0c\x00\x83\xff\xfb\xff\xff\xc0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00$\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		io.Copy(io.Discard, io.LimitReader(newLzipReader(t.Context(), bufio.NewReader(bytes.NewReader(data)), 4*maxDictionary), 1<<20))
	})
}

func FuzzACL(f *testing.F) {
	f.Add("user::rw-\nuser:0:r--\ngroup::r--\nmask::r--\nother::---\n")
	f.Add("user:root:rwx,other::r-x")
	f.Fuzz(func(t *testing.T, text string) {
		data, err := parseACL(text)
		if err == nil && (len(data)%8 != 4 || binary.LittleEndian.Uint32(data) != aclVersion) {
			t.Errorf("%q became %x", text, data)
		}
	})
}

func FuzzRpath(f *testing.F) {
	for _, h := range []string{elf.ELFMAG + "\x02\x01\x01", elf.ELFMAG + "\x01\x02\x01"} {
		f.Add([]byte(h + strings.Repeat("\x00", 120)))
	}
	f.Add(elfWithRpath("/tmp/x:/usr/lib"))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := len(data)
		if _, err := cutRpath(data, func(dir string) bool { return strings.HasPrefix(dir, "/tmp") }); err == nil && len(data) != size {
			t.Error("the size changed")
		}
	})
}
