// SPDX-License-Identifier: MIT

package inet1

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/slackbond/slackbond/internal/rcfile"
	"github.com/slackbond/slackbond/internal/shconf"
)

// State is how the guard of a file stands.
type State string

const (
	On     State = "on"
	Off    State = "off"
	Lost   State = "lost"   // was enabled, and somebody wrote the file anew
	Stale  State = "stale"  // of another version of bondctl
	Broken State = "broken" // there, but it cannot do its work, or was edited by hand
)

// Status is what a file says of its guard.
type Status struct {
	File  string `json:"file"`
	State State  `json:"state"`
	Line  int    `json:"line,omitempty"` // where the guard begins
	End   int    `json:"end,omitempty"`  // its last line
	Why   string `json:"why,omitempty"`  // of what is not on or off
	// Notes are about the file itself: nothing that bondctl changes.
	Notes []string `json:"notes,omitempty"`
}

// Change is what Enable or Disable did, or would do.
type Change struct {
	File string // the file itself, where the path was a symlink
	// Text is the file's new text, nil where it stays as it is.
	Text   []byte
	Line   int    // where the guard is, or was
	Guard  string // what is put in, with its marks; empty when it is taken out
	Backup string // the copy of the old file that was made; empty where there was one
	Notes  []string
}

// Options of Enable and Disable.
type Options struct {
	DryRun bool
	Force  bool      // overwrite a guard that was edited by hand
	Now    time.Time // written into the file that remembers
}

// The files beside rc.inet1.conf.
const (
	backupSuffix = ".bondctl-orig"    // the file as it was before the first enable
	memorySuffix = ".bondctl-enabled" // exists while the guard is wanted
)

const memoryText = `"bondctl inet1 enable" put the guard of rc.bond into %s
on %s. While this file is here and the guard is not,
"bondctl inet1 status" calls it lost: netconfig, for one, writes %s
anew. "bondctl inet1 disable" removes this file. See bondctl(8).
`

// Status looks at the file. The error is a *shconf.SyntaxError, or that of
// reading the file.
func (g Guard) Status(path string) (Status, error) {
	t, err := rcfile.Read(path)
	if err != nil {
		return Status{}, err
	}
	s := Status{File: t.Real, State: On, Notes: notes(t)}
	b, err := g.find(t.Text)
	if err != nil {
		s.State, s.Why = Broken, err.Error()
		return s, nil
	}
	if b == nil {
		s.State = Off
		if _, err := os.Lstat(t.Real + memorySuffix); err == nil {
			s.State, s.Why = Lost, "it was enabled, and the file was written anew since (netconfig does that): enable it again"
		}
		return s, nil
	}
	s.Line, s.End = b.line, b.line+bytes.Count(t.Text[b.start:b.end], []byte("\n"))-1
	why, note, err := runs(t.Real, t.Text, b.line)
	if note != "" {
		s.Notes = append(s.Notes, note)
	}
	switch {
	case err != nil:
		s.State, s.Why = Broken, err.Error()
	case why != "":
		s.State, s.Why = Broken, why
	case b.edited:
		s.State, s.Why = Broken, "it was edited by hand: \"bondctl inet1 enable --force\" puts back the original"
	case !b.current:
		s.State, s.Why = Stale, "it is of another version of bondctl: \"bondctl inet1 enable\" brings it up to date"
	}
	return s, nil
}

// open reads the file and finds the guard in it; nil where there is none.
func (g Guard) open(path string) (*rcfile.File, *found, error) {
	t, err := rcfile.Read(path)
	if err != nil {
		return nil, nil, err
	}
	b, err := g.find(t.Text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", t.Real, err)
	}
	return t, b, nil
}

// Enable puts the guard at the end of the file, or brings an old one up to
// date where it is. Text is nil where it is there already.
func (g Guard) Enable(path string, o Options) (*Change, error) {
	t, b, err := g.open(path)
	if err != nil {
		return nil, err
	}
	c, err := g.plan(t, b, o.Force)
	if err != nil || o.DryRun {
		return c, err
	}
	if c.Text != nil {
		if _, err := os.Lstat(t.Real + backupSuffix); errors.Is(err, fs.ErrNotExist) && b == nil {
			c.Backup = t.Real + backupSuffix
			if err := t.Create(c.Backup, t.Text); err != nil {
				return nil, fmt.Errorf("copying %s before the change: %w", t.Real, err)
			}
		}
		if err := t.Replace(c.Text); err != nil {
			if c.Backup != "" {
				err = errors.Join(err, os.Remove(c.Backup))
			}
			return nil, fmt.Errorf("writing %s: %w", t.Real, err)
		}
	}
	memory := fmt.Sprintf(memoryText, t.Real, o.Now.UTC().Format(time.DateTime), t.Real)
	if err := t.Create(t.Real+memorySuffix, []byte(memory)); err != nil {
		return nil, fmt.Errorf("remembering that the guard is enabled: %w", err)
	}
	return c, nil
}

// plan says what Enable would do, having made sure that bash will get as far
// as the guard.
func (g Guard) plan(t *rcfile.File, b *found, force bool) (*Change, error) {
	c := &Change{File: t.Real, Notes: notes(t)}
	if _, err := shconf.Parse(bytes.NewReader(t.Text), t.Real); err != nil {
		return nil, err // at the line that is wrong, not where the guard would be
	}
	text := t.Text
	switch {
	case b == nil && endsInBackslash(text):
		return nil, fmt.Errorf("%s: ends in a backslash, which would take the next line in: finish or remove the last line first", t.Real)
	case b == nil:
		text = g.insert(text)
	case b.edited && !force:
		return nil, fmt.Errorf("%s:%d: the guard was edited by hand; --force replaces it", t.Real, b.line)
	case !b.current:
		text = g.update(text, b)
	}
	after, err := g.find(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Real, err)
	}
	c.Line = after.line
	if b == nil || !b.current {
		c.Text, c.Guard = text, string(text[after.start:after.end])
	}
	why, note, err := runs(t.Real, text, c.Line)
	if err != nil {
		return nil, err
	}
	if note != "" {
		c.Notes = append(c.Notes, note)
	}
	if why != "" {
		return nil, fmt.Errorf("%s: the guard would not run: %s", t.Real, why)
	}
	return c, nil
}

// Disable takes the guard out. Text is nil where there is none.
func (g Guard) Disable(path string, o Options) (*Change, error) {
	t, b, err := g.open(path)
	if err != nil {
		return nil, err
	}
	c := &Change{File: t.Real}
	if b != nil {
		if b.edited && !o.Force {
			return nil, fmt.Errorf("%s:%d: the guard was edited by hand; --force takes it out with what was added", t.Real, b.line)
		}
		c.Line = b.line
		c.Text = remove(t.Text, b)
	}
	if o.DryRun {
		return c, nil
	}
	if c.Text != nil {
		if err := t.Replace(c.Text); err != nil {
			return nil, fmt.Errorf("writing %s: %w", t.Real, err)
		}
	}
	if err := os.Remove(t.Real + memorySuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return c, nil
}

// runs tells why the guard that begins at the line would not be run: bash does
// not get so far, or takes it for a part of something else. The note is about
// what may keep bash from it. The error is a *shconf.SyntaxError.
func runs(name string, text []byte, line int) (why, note string, err error) {
	f, err := shconf.Parse(bytes.NewReader(text), name)
	if err != nil {
		return "", "", err
	}
	found := false
	for _, c := range f.Commands {
		word, _, _ := strings.Cut(c.Text, " ")
		switch {
		case !c.Ends || c.Line >= line:
		case word == "return" || word == "exit" || word == "exec":
			return fmt.Sprintf("line %d ends the file before it: %s; take that line out first", c.Line, c.Text), "", nil
		case note == "":
			note = fmt.Sprintf("line %d can end the file before the guard: %s", c.Line, c.Text)
		}
		found = found || c.Line > line && strings.HasPrefix(c.Text, "(")
	}
	for _, cr := range f.CR {
		if cr >= line && cr <= line+bytes.Count(text, []byte("\n")) && strings.HasPrefix(lineAt(text, cr), "(") {
			return "its lines end with a carriage return (DOS), which bash cannot read", "", nil
		}
	}
	if !found {
		return "it is a part of the statement above it: a here-document or a list that has no end", "", nil
	}
	return "", note, nil
}

func lineAt(text []byte, n int) string {
	lines := bytes.SplitN(text, []byte("\n"), n+1)
	if n > len(lines) {
		return ""
	}
	return string(lines[n-1])
}

// notes are about the file: what will bite whoever uses it.
func notes(t *rcfile.File) []string {
	var list []string
	if t.Path != t.Real {
		if info, err := os.Lstat(t.Path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			list = append(list, fmt.Sprintf("%s is a symlink: %s is what is read and written", t.Path, t.Real))
		}
	}
	if bytes.HasPrefix(t.Text, []byte("\xef\xbb\xbf")) {
		list = append(list, "it begins with a byte order mark, which bash takes for a part of the first word; cure: sed -i '1s/^\\xef\\xbb\\xbf//' "+t.Real)
	}
	if st, ok := t.Info.Sys().(*syscall.Stat_t); ok && st.Nlink > 1 {
		list = append(list, fmt.Sprintf("it has %d names (hard links): a change is seen under %s alone", st.Nlink, t.Real))
	}
	if i := bytes.Index(t.Text, []byte("\r\n")); i >= 0 {
		list = append(list, fmt.Sprintf("line %d ends with a carriage return (DOS): bash takes it into the value; cure: sed -i 's/\\r$//' %s",
			1+bytes.Count(t.Text[:i], []byte("\n")), t.Real))
	}
	if _, err := shconf.Parse(bytes.NewReader(t.Text), t.Real); err != nil {
		list = append(list, "bash cannot read it: "+err.Error())
	}
	if perm := t.Info.Mode().Perm(); perm&0o022 != 0 {
		list = append(list, fmt.Sprintf("mode %04o: others than root can write what root runs; cure: chmod 600 %s", perm, t.Real))
	}
	return list
}

// endsInBackslash: the last line has no newline, and an odd number of
// backslashes at its end, so that it would go on in the next one.
func endsInBackslash(text []byte) bool {
	n := 0
	for i := len(text) - 1; i >= 0 && text[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}
