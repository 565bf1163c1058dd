// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"slices"
	"strings"
)

// RemoveRpaths takes those directories out of the library search path
// (DT_RPATH, DT_RUNPATH) of e for which drop returns true, and returns the path
// as it was, or "" where nothing was dropped. Only e changes: its Open then
// gives the changed content, of the same size. Files that are not dynamic ELF
// are left alone.
//
// A path is cut where it stands, so what is kept must be its beginning or its
// end; "/a:/tmp/x:/b" without its middle is refused.
func RemoveRpaths(e *Entry, drop func(dir string) bool) (old string, err error) {
	if !e.file() || e.Size < 64 || e.Size > 2<<30 || e.Open == nil {
		return "", nil
	}
	magic, err := head(e, len(elf.ELFMAG))
	if err != nil || string(magic) != elf.ELFMAG {
		return "", err
	}
	data, err := e.content(e.Size)
	if err != nil {
		return "", fmt.Errorf("%q: %w", e.Path, err)
	}
	if old, err = cutRpath(data, drop); err != nil {
		return "", fmt.Errorf("%q: %w", e.Path, err)
	}
	if old != "" {
		e.Open = Bytes(data)
	}
	return old, nil
}

// head is the first n bytes of the content of e, or fewer.
func head(e *Entry, n int) ([]byte, error) {
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b := make([]byte, n)
	n, err = io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return b[:n], err
}

// cutRpath changes the ELF file data.
func cutRpath(data []byte, drop func(dir string) bool) (old string, err error) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return "", nil // starts like an ELF file, but is none: firmware, test data
	}
	i := slices.IndexFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_DYNAMIC })
	if i < 0 {
		return "", nil
	}
	dyn := f.Progs[i]
	word := uint64(4)
	get := func(off uint64) uint64 { return uint64(f.ByteOrder.Uint32(data[off:])) }
	put := func(off, v uint64) { f.ByteOrder.PutUint32(data[off:], uint32(v)) }
	if f.Class == elf.ELFCLASS64 {
		word = 8
		get = func(off uint64) uint64 { return f.ByteOrder.Uint64(data[off:]) }
		put = func(off, v uint64) { f.ByteOrder.PutUint64(data[off:], v) }
	}
	if dyn.Off > uint64(len(data)) || dyn.Filesz > uint64(len(data))-dyn.Off {
		return "", fmt.Errorf("its dynamic section is outside the file")
	}
	end := dyn.Off + dyn.Filesz/(2*word)*2*word
	strtab, ok := dynamicStrings(f, data, get, dyn.Off, end, word)
	if !ok {
		return "", nil
	}
	for off := dyn.Off; off < end; off += 2 * word {
		tag := elf.DynTag(get(off))
		if tag == elf.DT_NULL {
			break
		}
		if tag != elf.DT_RPATH && tag != elf.DT_RUNPATH {
			continue
		}
		at := strtab + get(off+word)
		if at >= uint64(len(data)) {
			return "", fmt.Errorf("its search path is outside the file")
		}
		n := bytes.IndexByte(data[at:], 0)
		if n < 0 {
			return "", fmt.Errorf("its search path does not end")
		}
		was := string(data[at : at+uint64(n)])
		dirs := strings.Split(was, ":")
		kept := slices.DeleteFunc(slices.Clone(dirs), drop)
		switch now := strings.Join(kept, ":"); {
		case len(kept) == len(dirs):
			continue
		case len(kept) == 0:
			// Move the rest of the table up; it ends in a DT_NULL already.
			copy(data[off:end], data[off+2*word:end])
			clear(data[end-2*word : end])
			off -= 2 * word
		case strings.HasSuffix(was, ":"+now):
			put(off+word, get(off+word)+uint64(len(was)-len(now)))
		case strings.HasPrefix(was, now+":"):
			data[at+uint64(len(now))] = 0
		default:
			return "", fmt.Errorf("its search path %q cannot be cut to %q in place; patchelf(1) can", was, now)
		}
		old = was
	}
	return old, nil
}

// dynamicStrings is the offset of the table that holds the search path.
func dynamicStrings(f *elf.File, data []byte, get func(uint64) uint64, off, end, word uint64) (uint64, bool) {
	for ; off < end; off += 2 * word {
		if elf.DynTag(get(off)) != elf.DT_STRTAB {
			continue
		}
		addr := get(off + word)
		for _, p := range f.Progs {
			if p.Type == elf.PT_LOAD && p.Vaddr <= addr && addr-p.Vaddr < p.Filesz {
				at := p.Off + addr - p.Vaddr
				return at, at < uint64(len(data))
			}
		}
	}
	return 0, false
}
