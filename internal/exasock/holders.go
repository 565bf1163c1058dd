// SPDX-License-Identifier: MIT

package exasock

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Holder is a process that holds a bond's page: open, mapped, or both.
type Holder struct {
	PID     int    `json:"pid"`
	Command string `json:"command"` // as in /proc/PID/comm
	Open    bool   `json:"open"`
	Mapped  bool   `json:"mapped"` // which it may be without being open
	// Watches: it is this very program, as "bondctl exasock status --watch",
	// which ends by itself when the bond is released.
	Watches bool `json:"watches"`
}

func (h Holder) String() string { return fmt.Sprintf("process %d (%q)", h.PID, h.Command) }

// Holders finds the processes, other than this one, that hold the page of a
// bond. Only root sees those of others; processes that end meanwhile, or may
// not be looked at, are left out.
func (h Host) Holders(name string) ([]Holder, error) {
	return h.holders(Device(name))
}

func (h Host) holders(device string) ([]Holder, error) {
	entries, err := os.ReadDir(h.path("proc"))
	if err != nil {
		return nil, err
	}
	own, _ := os.Stat(h.path("proc/self/exe"))
	var list []Holder
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || h.Root == "" && pid == os.Getpid() {
			continue
		}
		holder := Holder{PID: pid, Command: h.read("proc", e.Name(), "comm")}
		fds, _ := filepath.Glob(h.path("proc", e.Name(), "fd/*"))
		for _, fd := range fds {
			if target, err := os.Readlink(fd); err == nil && target == device {
				holder.Open = true
				break
			}
		}
		maps, _ := os.ReadFile(h.path("proc", e.Name(), "maps"))
		holder.Mapped = mapsFile(string(maps), device)
		if holder.Open || holder.Mapped {
			holder.Watches = own != nil && isFile(own, h.path("proc", e.Name(), "exe"))
			list = append(list, holder)
		}
	}
	return list, nil
}

func isFile(info os.FileInfo, path string) bool {
	other, err := os.Stat(path)
	return err == nil && os.SameFile(info, other)
}

// mapsFile looks for a file in the text of /proc/PID/maps: "ADDRESS PERMS
// OFFSET DEVICE INODE PATH". A file that was deleted, as a page whose bond was
// released, has " (deleted)" behind its path and is another.
func mapsFile(maps, path string) bool {
	for line := range strings.Lines(maps) {
		fields := strings.Fields(line)
		if len(fields) == 6 && fields[5] == path {
			return true
		}
	}
	return false
}
