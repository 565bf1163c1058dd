// SPDX-License-Identifier: MIT

package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A record is a file with one value, beside the journals: what a change that
// is tried goes back to.
const trialFile = "trial"

// SaveTrial keeps a value, in one step.
func (d *Dir) SaveTrial(v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	if err := errors.Join(enc.Encode(header{Format, d.boot}), enc.Encode(v)); err != nil {
		return err
	}
	if err := replace(filepath.Join(d.path, trialFile), text.Bytes()); err != nil {
		return fmt.Errorf("cannot write down what ran before, without which nothing is changed: %w", err)
	}
	return nil
}

// LoadTrial reads it, and reports whether there is one of this boot.
func (d *Dir) LoadTrial(v any) (bool, error) {
	path := filepath.Join(d.path, trialFile)
	text, err := read(path)
	if err != nil || text == nil {
		return false, err
	}
	first, second, _ := bytes.Cut(text, []byte("\n"))
	var h header
	if err := json.Unmarshal(first, &h); err != nil || h.Format != Format {
		return false, fmt.Errorf("%s: not written by this program: move it away by hand", path)
	}
	if h.Boot != d.boot {
		return false, nil
	}
	if err := json.Unmarshal(second, v); err != nil {
		return false, fmt.Errorf("%s: damaged: %w; move it away by hand", path, err)
	}
	return true, nil
}

// EndTrial forgets it.
func (d *Dir) EndTrial() error {
	err := os.Remove(filepath.Join(d.path, trialFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
