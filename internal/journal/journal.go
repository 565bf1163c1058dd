// SPDX-License-Identifier: MIT

// Package journal keeps, below /run/rc.bond, what was done to a machine so that
// it can be undone, also after a crash. An entry is written, in one write(2),
// before the change that it describes is made.
//
// A journal is a file of lines, each a JSON object. The first one names the
// format and the boot that the rest speaks of; the journal of another boot is
// void. A last line without its line end was being written when the machine
// or the process died: the change that it announces was not made.
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// Format is the version of the file format. A file of another version is left
// alone, and nothing that it may speak of is changed.
const Format = 1

// maxSize bounds a journal: a bond of a hundred NICs with a full routing table
// each has a few MB.
const maxSize = 256 << 20

// A Verb says what an Entry is about. What undoes each stands beside it.
type Verb string

const (
	Making   Verb = "making"   // the bond is about to be made: undone by removing it, if it is there
	Made     Verb = "made"     // by us, with this Index: removed
	Taken    Verb = "taken"    // it was there, down and empty: emptied, set down
	Adopted  Verb = "adopted"  // it was there, with members: those of us are released
	Option   Verb = "option"   // Old value of Name (of Member): written back
	MTU      Verb = "mtu"      // Old MTU of the bond: set again
	MAC      Verb = "mac"      // Old address of the bond: set again
	NIC      Verb = "nic"      // how a NIC was before it became a member: put back
	Upper    Verb = "upper"    // how an interface was that stands on such a NIC: put back
	Addr     Verb = "address"  // Message, given to the bond: deleted
	DHCP     Verb = "dhcp"     // dhcpcd runs on the bond: stopped
	Exasock  Verb = "exasock"  // the driver manages the bond: released
	Wanted   Verb = "wanted"   // the Bond that this start was asked for
	Complete Verb = "complete" // a start that was asked for this came to its end
	Kept     Verb = "kept"     // what others gave the bond, while it is restarted: put back
	Module   Verb = "module"   // Name was loaded: unloaded where nothing needs it (of the system)
	Gateway  Verb = "gateway"  // Message, a default route: deleted (of the system)
)

// An Entry is one line of a journal. Which fields are set depends on the verb.
type Entry struct {
	Verb   Verb   `json:"do"`
	Name   string `json:"name,omitempty"`
	Member string `json:"member,omitempty"`
	Index  int    `json:"index,omitempty"`
	Old    string `json:"old,omitempty"`

	Flags     uint32      `json:"flags,omitempty"`
	MTU       int         `json:"mtu,omitempty"`
	MAC       string      `json:"mac,omitempty"`
	Permanent string      `json:"permanent,omitempty"`
	DHCP      bool        `json:"dhcp,omitempty"`
	Saved     *rtnl.Saved `json:"saved,omitempty"`

	Message *rtnl.Message `json:"message,omitempty"`
	Bond    *plan.Bond    `json:"bond,omitempty"`
}

// header is the first line.
type header struct {
	Format int    `json:"rc.bond"`
	Boot   string `json:"boot"`
}

// A Journal is the open journal of one bond, or of the system.
type Journal struct {
	Entries []Entry
	dir     *Dir
	path    string
	started bool // the file has its header
}

// load reads a journal; the file need not be there.
func (d *Dir) load(path string) (*Journal, error) {
	j := &Journal{dir: d, path: path}
	text, err := read(path)
	if err != nil || text == nil {
		return j, err
	}
	return j, j.parse(text)
}

// read gives what a file of ours has, nil where there is none.
func read(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, &fs.PathError{Op: "opening journal", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	if err := ours(f, "journal"); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSize {
		return nil, fmt.Errorf("%s: larger than any journal; move it away by hand", path)
	}
	return text, nil
}

func (j *Journal) parse(text []byte) error {
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	if len(whole) == 0 {
		return nil // not even the header was written
	}
	lines := bytes.Split(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
	var h header
	if err := json.Unmarshal(lines[0], &h); err != nil || h.Format == 0 {
		return j.damaged(1, errors.New("not the first line of a journal"))
	}
	if h.Format != Format {
		return fmt.Errorf("%s: a journal of format %d, and this program knows %d only: use the bondctl that wrote it, "+
			"or move the file away and put the NICs back by hand", j.path, h.Format, Format)
	}
	if h.Boot != j.dir.boot {
		return nil // of another boot: void
	}
	for n, line := range lines[1:] {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return j.damaged(n+2, err)
		}
		if e.Verb == "" {
			return j.damaged(n+2, errors.New("it says nothing to undo"))
		}
		j.Entries = append(j.Entries, e)
	}
	j.started = true
	if len(whole) != len(text) { // half a line, of a full disk or a crash
		return j.Rewrite(j.Entries)
	}
	return nil
}

func (j *Journal) damaged(line int, err error) error {
	return fmt.Errorf("%s:%d: the journal is damaged: %w; move the file away and put the NICs back by hand", j.path, line, err)
}

// Add writes entries, each on stable storage where the folder has any, before
// it returns. Where that fails the change must not be made.
func (j *Journal) Add(entries ...Entry) error {
	if !j.started {
		return j.Rewrite(append(j.Entries, entries...))
	}
	var text bytes.Buffer
	if err := encode(&text, entries); err != nil {
		return err
	}
	fd, err := unix.Open(j.path, unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return j.cannot(err)
	}
	f := os.NewFile(uintptr(fd), j.path)
	_, err = f.Write(text.Bytes())
	if err == nil {
		err = unix.Fdatasync(fd)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		// Half a line must not stand before the next one.
		return errors.Join(j.cannot(err), j.Rewrite(j.Entries))
	}
	j.Entries = append(j.Entries, entries...)
	return nil
}

// Rewrite replaces the journal in one step. Without entries it is removed.
func (j *Journal) Rewrite(entries []Entry) error {
	if len(entries) == 0 {
		if err := os.Remove(j.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return j.cannot(err)
		}
		j.Entries, j.started = nil, false
		return nil
	}
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(header{Format, j.dir.boot}); err != nil {
		return err
	}
	if err := encode(&text, entries); err != nil {
		return err
	}
	if err := replace(j.path, text.Bytes()); err != nil {
		return j.cannot(err)
	}
	j.Entries, j.started = entries, true
	return nil
}

// replace writes a file beside the one of the path and renames it. What a crash
// leaves beside it is overwritten by the next.
func replace(path string, text []byte) error {
	beside := filepath.Join(filepath.Dir(path), "new")
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fd, err := unix.Open(beside, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), beside)
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(beside)
		return err
	}
	return os.Rename(beside, path)
}

func encode(w io.Writer, entries []Entry) error {
	enc := json.NewEncoder(w)
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) cannot(err error) error {
	return fmt.Errorf("cannot write its journal, without which nothing is changed: %w", err)
}

// Last gives the newest entry of a verb, nil where there is none.
func (j *Journal) Last(verb Verb) *Entry {
	for n := len(j.Entries) - 1; n >= 0; n-- {
		if j.Entries[n].Verb == verb {
			return &j.Entries[n]
		}
	}
	return nil
}

// First gives the oldest entry of a verb, nil where there is none.
func (j *Journal) First(verb Verb) *Entry {
	for n := range j.Entries {
		if j.Entries[n].Verb == verb {
			return &j.Entries[n]
		}
	}
	return nil
}

// Has reports whether there is an entry of the verb.
func (j *Journal) Has(verb Verb) bool { return j.Last(verb) != nil }

// Find gives the newest entry of a verb about an interface.
func (j *Journal) Find(verb Verb, name string, index int) *Entry {
	for n := len(j.Entries) - 1; n >= 0; n-- {
		if e := &j.Entries[n]; e.Verb == verb && e.Name == name && e.Index == index {
			return e
		}
	}
	return nil
}
