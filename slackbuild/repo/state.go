// SPDX-License-Identifier: MIT

package repo

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// stateFile remembers what was read of the packages. Without it, or with one of
// another format, all of them are read.
const (
	stateFile   = ".mkslack-repo.json"
	stateFormat = 3
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
	Members      members  `json:"members"`
	Signed       string   `json:"signed,omitempty"` // by the key of this fingerprint
}

// members are the lines of a package as tar -tvv lists it, compressed with gzip:
// those of all packages of Slackware are 80 MB.
type members []byte

// membersOf compresses lines, none of which holds a line end.
func membersOf(lines iter.Seq[string]) members {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // the level is a valid one
	w := bufio.NewWriter(z)
	for line := range lines {
		w.WriteString(line) // a buffer takes all
		w.WriteByte('\n')
	}
	w.Flush()
	z.Close()
	return b.Bytes()
}

// lines gives the lines; none where the state was damaged, and what could be
// read then.
func (m members) lines() iter.Seq[string] {
	return func(yield func(string) bool) {
		z, err := gzip.NewReader(bytes.NewReader(m))
		if err != nil {
			return
		}
		lines := bufio.NewScanner(z) // of at most 64 KiB each, which two quoted paths fit in
		for lines.Scan() && yield(lines.Text()) {
		}
	}
}

// maxState bounds the file in which the state is kept; that of all packages of
// Slackware has 20 MB.
const maxState = 64 << 20

func readState(dir string) (*state, error) {
	empty := &state{Format: stateFormat, Packages: map[string]*record{}}
	if info, err := os.Stat(filepath.Join(dir, stateFile)); err == nil && info.Size() > maxState {
		return empty, nil
	}
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
	for _, r := range s.Packages {
		if r == nil { // "null"
			return empty, nil
		}
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
