// SPDX-License-Identifier: MIT

package exasock

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Word is what the driver publishes about a bond, as it stands in memory:
// struct exabond_slave_exanic_id of exasock-bonding.h, which is 16 bits of
// flags, the card's number and its port. The driver replaces it with one
// atomic store, and that alone keeps it whole: there is no count of changes,
// so a change away and back between two looks cannot be seen.
type Word uint32

// flagActive is EXABOND_GRPINFO_FLAG_ACTIVE: there is an active member.
const flagActive = 1 << 0

// Active decodes the word: the number of the card (0 is /dev/exanic0), its
// port, counted from 0, and whether there is an active member. Where there is
// none the driver leaves the last one's numbers in the word; they mean nothing
// and are given as zero.
func (w Word) Active() (id, port int, ok bool) {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(w))
	if binary.NativeEndian.Uint16(b[:2])&flagActive == 0 {
		return 0, 0, false
	}
	return int(b[2]), int(b[3]), true
}

// Port is Active as one value; nil where there is no active member.
func (w Word) Port() *Port {
	id, port, ok := w.Active()
	if !ok {
		return nil
	}
	return &Port{id, port}
}

// A Port is one port of a SmartNIC.
type Port struct {
	Card   int `json:"card"` // 0 is /dev/exanic0
	Number int `json:"port"` // counted from 0
}

func (p Port) String() string { return fmt.Sprintf("exanic%d port %d", p.Card, p.Number) }

// A Page is a mapping of /dev/exabond-BOND. Any number of goroutines may read
// from it; Close must come after the last read.
type Page struct {
	word *uint32 // nil after Close
	mem  []byte
	path string
	dev  uint64 // of path when it was opened
	ino  uint64
	rdev uint64
}

// Device is the path of the page of a bond.
func Device(bond string) string { return "/dev/exabond-" + bond }

// Open maps the page at path, see [Device]. Only root may, as the driver makes
// the file.
func Open(path string) (*Page, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	// The mapping keeps what it needs, and an open file is of no further use:
	// the driver has no read(2).
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && info.Mode()&os.ModeDevice == 0 {
		return nil, &os.PathError{Op: "map", Path: path, Err: unix.ENODEV}
	}
	// Beyond the end of a short file (which no device is) a read would be a
	// bus error.
	size := os.Getpagesize()
	if info.Mode().IsRegular() && info.Size() < int64(size) {
		return nil, fmt.Errorf("%s: not a page of memory: only %d bytes", path, info.Size())
	}
	// The driver takes exactly one page and no protection but PROT_READ.
	mem, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, &os.PathError{Op: "map", Path: path, Err: err}
	}
	p := &Page{word: firstWord(mem), mem: mem, path: path}
	p.dev, p.ino, p.rdev = identity(info)
	return p, nil
}

func identity(info os.FileInfo) (dev, ino, rdev uint64) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Dev), st.Ino, uint64(st.Rdev)
	}
	return 0, 0, 0
}

// Word reads the page with one atomic load; zero after Close.
func (p *Page) Word() Word {
	if p.word == nil {
		return 0
	}
	return Word(atomic.LoadUint32(p.word))
}

// Active reads which port is the active one, see [Word.Active]. A member can
// be taken out of the bond an instant after it was read here.
func (p *Page) Active() (id, port int, ok bool) { return p.Word().Active() }

// Released reports whether the page is dead: the bond was released since Open,
// or was released and is managed anew. A dead page never changes again.
func (p *Page) Released() bool {
	info, err := os.Stat(p.path)
	if err != nil {
		return os.IsNotExist(err)
	}
	dev, ino, rdev := identity(info)
	return dev != p.dev || ino != p.ino || rdev != p.rdev
}

// Close takes the mapping away.
func (p *Page) Close() error {
	if p.word == nil {
		return nil
	}
	p.word = nil
	return unix.Munmap(p.mem)
}
