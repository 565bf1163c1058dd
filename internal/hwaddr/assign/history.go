// SPDX-License-Identifier: MIT

package assign

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"golang.org/x/sys/unix"
)

// A History is a file that remembers which addresses the bonds of this boot
// had. A bridge of this host that is on the same LAN may still have learned
// one of them when the bond is gone.
type History struct {
	Path string // on a file system that a boot empties
	Boot string // the kernel's name of this boot
	// Now is CLOCK_BOOTTIME; nil: it is asked.
	Now func() time.Duration
}

// maxHad bounds the addresses that are remembered of one bond.
const maxHad = 16

type had struct {
	Addr hwaddr.Addr `json:"address"`
	// Until is when the bond was last seen to have it, on CLOCK_BOOTTIME.
	Until time.Duration `json:"until"`
	Now   bool          `json:"now,omitempty"` // it had it at the last look
}

type record struct {
	Boot  string           `json:"boot"`
	Bonds map[string][]had `json:"bonds"`
}

func (h History) now() time.Duration {
	if h.Now != nil {
		return h.Now()
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// load gives the record of this boot, an empty one where there is none. A file
// that cannot be read as such is none: it only spares questions.
func (h History) load() (record, error) {
	r := record{Boot: h.Boot, Bonds: map[string][]had{}}
	text, err := os.ReadFile(h.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	} else if err != nil {
		return r, err
	}
	var old record
	if json.Unmarshal(text, &old) == nil && old.Boot == h.Boot && old.Bonds != nil {
		return old, nil
	}
	return r, nil
}

// Remember notes the addresses that the bonds among links have now. It is to be
// called before bonds are changed, and afterwards.
func (h History) Remember(links []source.Link) error {
	r, err := h.load()
	if err != nil {
		return err
	}
	now := h.now()
	for _, list := range r.Bonds {
		for i := range list {
			if list[i].Now { // up to this moment, as far as is known
				list[i].Now, list[i].Until = false, now
			}
		}
	}
	for _, l := range links {
		if l.Kind != "bond" || l.Addr == (hwaddr.Addr{}) {
			continue
		}
		list := slices.DeleteFunc(r.Bonds[l.Name], func(x had) bool { return x.Addr == l.Addr })
		list = append(list, had{Addr: l.Addr, Until: now, Now: true})
		r.Bonds[l.Name] = list[max(0, len(list)-maxHad):]
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return renameio.WriteFile(h.Path, append(text, '\n'), 0o600, renameio.IgnoreUmask())
}

// Begun reports whether anything was remembered in this boot.
func (h History) Begun() bool {
	text, err := os.ReadFile(h.Path)
	var r record
	return err == nil && json.Unmarshal(text, &r) == nil && r.Boot == h.Boot
}

// Had gives the addresses that a bond had, and until when.
func (h History) Had(bond string) map[hwaddr.Addr]time.Time {
	r, err := h.load()
	if err != nil {
		return nil
	}
	now, wall := h.now(), time.Now()
	list := map[hwaddr.Addr]time.Time{}
	for _, x := range r.Bonds[bond] {
		until := wall
		if !x.Now {
			until = wall.Add(x.Until - now)
		}
		list[x.Addr] = until
	}
	return list
}
