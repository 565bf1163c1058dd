// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"strings"
	"testing"
)

// elfWithRpath is the smallest ELF file of 64 bits with a search path.
func elfWithRpath(path string) []byte {
	const base = 0x1000
	strtab := append([]byte{0}, append([]byte(path), 0)...)
	dyn := []elf.Dyn64{
		{Tag: int64(elf.DT_RUNPATH), Val: 1}, {Tag: int64(elf.DT_STRTAB), Val: base + 64 + 2*56 + 5*16},
		{Tag: int64(elf.DT_STRSZ), Val: uint64(len(strtab))}, {Tag: int64(elf.DT_NULL)}, {Tag: int64(elf.DT_NULL)},
	}
	size := uint64(64 + 2*56 + len(dyn)*16 + len(strtab))
	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 2}
	copy(h.Ident[:], elf.ELFMAG+"\x02\x01\x01")
	var b bytes.Buffer
	for _, part := range []any{
		h,
		elf.Prog64{Type: uint32(elf.PT_LOAD), Vaddr: base, Filesz: size, Memsz: size},
		elf.Prog64{Type: uint32(elf.PT_DYNAMIC), Off: 64 + 2*56, Vaddr: base + 64 + 2*56, Filesz: uint64(len(dyn) * 16)},
		dyn, strtab,
	} {
		binary.Write(&b, binary.LittleEndian, part) // a bytes.Buffer takes all
	}
	return b.Bytes()
}

func rpathOf(t *testing.T, data []byte) []string {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for off := 64 + 2*56; ; off += 16 {
		tag := elf.DynTag(f.ByteOrder.Uint64(data[off:]))
		if tag == elf.DT_NULL {
			return values
		}
		if tag == elf.DT_RUNPATH {
			at := 64 + 2*56 + 5*16 + int(f.ByteOrder.Uint64(data[off+8:]))
			values = append(values, string(data[at:at+bytes.IndexByte(data[at:], 0)]))
		}
	}
}

func TestRemoveRpaths(t *testing.T) {
	tmp := func(dir string) bool { return strings.HasPrefix(dir, "/tmp/") }
	all := func(string) bool { return true }
	for _, test := range []struct {
		path string
		drop func(string) bool
		old  string
		want string // "": none
		err  string
	}{
		{"/usr/lib", tmp, "", "/usr/lib", ""},
		{"/usr/lib", all, "/usr/lib", "", ""},
		{"/tmp/build", tmp, "/tmp/build", "", ""},
		{"/tmp/build:/usr/lib", tmp, "/tmp/build:/usr/lib", "/usr/lib", ""},
		{"/usr/lib:/tmp/build:/tmp/b2", tmp, "/usr/lib:/tmp/build:/tmp/b2", "/usr/lib", ""},
		{"/a:/tmp/x:/b", tmp, "", "", "cannot be cut"},
	} {
		data := elfWithRpath(test.path)
		e := Entry{Path: "usr/bin/p", Mode: 0o755, Size: int64(len(data)), Open: Bytes(data)}
		old, err := RemoveRpaths(&e, test.drop)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: error %v, want %q", test.path, err, test.err)
			}
			continue
		}
		if err != nil || old != test.old {
			t.Errorf("%q: %q, %v", test.path, old, err)
			continue
		}
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		after, err := io.ReadAll(r)
		if err != nil || len(after) != len(data) {
			t.Fatalf("%d bytes of %d, %v", len(after), len(data), err)
		}
		if got := strings.Join(rpathOf(t, after), "|"); got != test.want {
			t.Errorf("%q became %q, want %q", test.path, got, test.want)
		}
		if got := rpathOf(t, data); len(got) != 1 || got[0] != test.path {
			t.Errorf("%q: the source changed to %q", test.path, got)
		}
	}
	e := file("usr/bin/script", "#!/bin/sh\n"+strings.Repeat("#", 100))
	if old, err := RemoveRpaths(&e, all); old != "" || err != nil {
		t.Errorf("a script: %q, %v", old, err)
	}
}
