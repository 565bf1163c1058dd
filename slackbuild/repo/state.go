// SPDX-License-Identifier: MIT

package repo

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// stateFile remembers what was read of the packages. Without it, or with one of
// another format, all of them are read.
const (
	stateFile   = ".mkslack-repo.json"
	stateFormat = 2
)

type state struct {
	Format   int                `json:"format"`
	Updated  time.Time          `json:"updated"` // when a package came, went or changed
	Packages map[string]*record `json:"packages"`
}

// record is all that the lists and pages say of one package.
type record struct {
	Bytes   int64     `json:"bytes"` // of the file
	ModTime time.Time `json:"mtime"`

	MD5          string   `json:"md5"`
	SHA256       string   `json:"sha256"`
	Uncompressed int64    `json:"uncompressed"`
	Description  []string `json:"description"` // lines of slack-desc, NAME: in front
	Required     []string `json:"required,omitempty"`
	Conflicts    []string `json:"conflicts,omitempty"`
	Suggests     []string `json:"suggests,omitempty"`
	Members      []string `json:"members"`          // as tar -tvv lists them
	Signed       string   `json:"signed,omitempty"` // by the key of this fingerprint
}

func readState(dir string) (*state, error) {
	empty := &state{Format: stateFormat, Packages: map[string]*record{}}
	data, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return empty, nil
	}
	if err != nil {
		return nil, err
	}
	var s state
	if json.Unmarshal(data, &s) != nil || s.Format != stateFormat || s.Packages == nil {
		return empty, nil
	}
	return &s, nil
}

func (s *state) write(dir string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(dir, stateFile), data, 0o644)
}
