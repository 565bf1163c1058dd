// SPDX-License-Identifier: MIT

package derive

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"golang.org/x/sys/unix"
)

// DefaultPath is where the secret is kept: in /etc, which a boot has before the
// network and an upgrade leaves alone.
const DefaultPath = "/etc/bondctl/mac-secret.json"

// ErrCopied is the error of Store.Address where nothing of the machine that the
// secret was made on is here.
var ErrCopied = errors.New("none of the hardware that the stored secret was made on is here")

const (
	secretSize = 16
	// maxTraits bounds the fingerprints that are kept, as NICs come and go; the
	// oldest goes first.
	maxTraits = 64
	// MaxTries is how many candidates are vetted before giving up: by chance not
	// even the second is in use, so something else is wrong then.
	MaxTries = 64
)

// stored is the file's content.
type stored struct {
	Version int    `json:"version"`
	Comment string `json:"comment"`
	Secret  string `json:"secret"`
	Machine []mark `json:"machine"`
	// Counters of "BOND PREFIX" whose first candidate was in use once.
	Counters map[string]uint32 `json:"counters,omitempty"`
}

type mark struct {
	Kind        string `json:"kind"`
	Fingerprint string `json:"fingerprint"`
}

const comment = "the addresses of this host's bonds are derived from this secret: do not copy it to another host (bondctl-mac(8))"

// Store derives addresses from the secret at Path.
type Store struct {
	Path   string
	Traits []Trait // of this machine
	// Adopt accepts a secret that was made on other hardware: after a
	// replacement, never on a copy whose original still runs.
	Adopt bool
	// Notes are things to tell a person, in the order in which they came up.
	Notes []string
}

// Address derives the address of a bond. Accept vets a candidate; the next one
// is tried where it says no, and remembered, so that the bond keeps it. The
// further of n addresses are the candidates after it, and are not remembered.
// The error is ErrCopied, wrapped, on a copied disk.
func (s *Store) Address(bond string, p Prefix, n int, accept func(hwaddr.Addr) bool) ([]hwaddr.Addr, error) {
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o700); err != nil {
		return nil, fmt.Errorf("the secret has no place: %w (it takes root and a writable disk; --random needs neither)", err)
	}
	// Two bonds may be started at once, and both find no secret.
	dir, err := os.Open(filepath.Dir(s.Path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir.Name(), err)
	}

	state, err := s.load()
	if err != nil {
		return nil, err
	}
	before, _ := json.Marshal(state)
	secret, err := s.recognise(state)
	if err != nil {
		return nil, err
	}
	key := bond + " " + p.String()
	var list []hwaddr.Addr
	counter := state.Counters[key]
	for tries := 0; len(list) < n; counter++ {
		if tries++; tries > MaxTries+n {
			return nil, fmt.Errorf("%d candidates for %s are all in use: the prefix %s is full, or a source is wrong", MaxTries, bond, p)
		}
		a := derive(secret, bond, p, counter)
		if p.reserved(a) || slices.Contains(list, a) || !accept(a) {
			continue
		}
		if len(list) == 0 && counter != state.Counters[key] {
			if state.Counters == nil {
				state.Counters = map[string]uint32{}
			}
			state.Counters[key] = counter
		}
		list = append(list, a)
	}
	if after, _ := json.Marshal(state); string(after) != string(before) || state.fresh() {
		if err := s.save(state); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *stored) fresh() bool { return s.Comment == "" }

// load reads the file, or draws a secret where there is none.
func (s *Store) load() (*stored, error) {
	info, err := os.Lstat(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		secret := make([]byte, secretSize)
		rand.Read(secret) // never fails: crypto/rand ends the program instead
		return &stored{Version: 1, Secret: hex.EncodeToString(secret)}, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: it is no regular file", s.Path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s is readable by others than root (mode %04o): chmod 600 it", s.Path, info.Mode().Perm()))
	}
	text, err := os.ReadFile(s.Path)
	if err != nil {
		return nil, err
	}
	var state stored
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("%s: %w (restore it, or remove it for a new secret and new addresses)", s.Path, err)
	}
	if secret, err := hex.DecodeString(state.Secret); err != nil || len(secret) != secretSize || state.Version != 1 {
		return nil, fmt.Errorf("%s: it holds no secret of this version (restore it, or remove it for a new secret and new addresses)", s.Path)
	}
	return &state, nil
}

// recognise checks that this is the machine of the secret, and learns what is
// new about it. NICs whose drivers are not loaded yet are not forgotten.
func (s *Store) recognise(state *stored) ([]byte, error) {
	secret, err := hex.DecodeString(state.Secret)
	if err != nil {
		return nil, err
	}
	var here []mark
	matched := 0
	for _, t := range s.Traits {
		m := mark{t.Kind, t.fingerprint(secret)}
		if slices.Contains(here, m) {
			continue
		}
		here = append(here, m)
		if slices.Contains(state.Machine, m) {
			matched++
		}
	}
	switch {
	case len(here) == 0 && len(state.Machine) == 0:
		s.Notes = append(s.Notes, "this machine shows nothing to recognise it by (no permanent NIC address and, outside a container, "+
			"no product UUID or serial number): a copy of its disk would not be noticed")
	case matched > 0, len(state.Machine) == 0:
	case s.Adopt:
		state.Machine = nil
		s.Notes = append(s.Notes, "this machine's hardware is now that of the stored secret")
	default:
		return nil, fmt.Errorf("%w: none of its %s. This disk is a copy of another machine's, or all hardware was replaced. "+
			"Where the old machine is gone for good, 'bondctl mac new --adopt' keeps its addresses; on a copy, remove %s, and a new secret is drawn",
			ErrCopied, kinds(state.Machine), s.Path)
	}
	for _, m := range here {
		if !slices.Contains(state.Machine, m) {
			state.Machine = append(state.Machine, m)
		}
	}
	state.Machine = state.Machine[max(0, len(state.Machine)-maxTraits):]
	return secret, nil
}

// kinds counts marks in words: "product UUID, 2 NICs".
func kinds(marks []mark) string {
	var names []string
	count := map[string]int{}
	for _, m := range marks {
		if count[m.Kind]++; count[m.Kind] == 1 {
			names = append(names, m.Kind)
		}
	}
	for i, n := range names {
		if count[n] > 1 {
			names[i] = fmt.Sprintf("%d %ss", count[n], n)
		}
	}
	return strings.Join(names, ", ")
}

func (s *Store) save(state *stored) error {
	state.Comment = comment
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(s.Path, append(text, '\n'), 0o600, renameio.IgnoreUmask())
}
