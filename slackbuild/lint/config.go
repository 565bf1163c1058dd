// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/goccy/go-yaml"
	"github.com/slackbond/slackbond/pkgtools/finding"
	"golang.org/x/sys/unix"
)

// ConfigFile is looked for in the directory that is linted, and above it up to
// the top of the repository or of what belongs to the same user.
const ConfigFile = ".mkslack-lint.yaml"

// config is what a ConfigFile says:
//
//	profile: private
//	level: warning          # leave out what is below
//	disable: [RULE, ...]
//	levels: {RULE: note}
//	ignore: [old, "*/wip"]  # directories, below that of the file
type config struct {
	file    string // empty where there is none
	dir     string
	profile Profile
	level   finding.Severity
	disable []string
	levels  map[string]finding.Severity
	ignore  []string
}

// maxConfig is how large a ConfigFile may be.
const maxConfig = 16 << 10

// ConfigError is a mistake in a ConfigFile.
type ConfigError struct {
	File string
	Err  error
}

func (e *ConfigError) Error() string { return finding.Printable(e.File) + ": " + e.Err.Error() }
func (e *ConfigError) Unwrap() error { return e.Err }

// findConfig reads the ConfigFile that counts for a file or directory.
func findConfig(of string) (config, error) {
	dir, err := filepath.Abs(of)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return config{}, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return config{}, err
	}
	if !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	first, err := os.Stat(dir)
	if err != nil {
		return config{}, err
	}
	for {
		c, err := readConfig(filepath.Join(dir, ConfigFile))
		if !errors.Is(err, fs.ErrNotExist) {
			return c, err
		}
		_, err = os.Lstat(filepath.Join(dir, ".git"))
		up := filepath.Dir(dir)
		above, statErr := os.Stat(up)
		// What anybody may put into /tmp counts for nobody else.
		if err == nil || up == dir || statErr != nil || above.Mode().Perm()&0o002 != 0 || owner(above) != owner(first) {
			return config{}, nil
		}
		dir = up
	}
}

// owner is the user that a file belongs to.
func owner(info fs.FileInfo) uint32 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Uid
	}
	return 0
}

// readConfig reads a ConfigFile.
func readConfig(file string) (config, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return config{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return config{}, &ConfigError{file, errors.New("is not a file")}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return config{}, err
	}
	c, err := parseConfig(data)
	if err != nil {
		return config{}, &ConfigError{file, err}
	}
	c.file, c.dir = file, filepath.Dir(file)
	return c, nil
}

// parseConfig reads the text of a ConfigFile.
func parseConfig(data []byte) (c config, err error) {
	if len(data) > maxConfig {
		return c, fmt.Errorf("over %d KiB", maxConfig>>10)
	}
	if strings.ContainsAny(string(data), "{[") && nesting(string(data)) > 2 {
		return c, errors.New("brackets in brackets")
	}
	var raw struct {
		Profile string            `yaml:"profile"`
		Level   string            `yaml:"level"`
		Disable []string          `yaml:"disable"`
		Levels  map[string]string `yaml:"levels"`
		Ignore  []string          `yaml:"ignore"`
	}
	if err := yaml.UnmarshalWithOptions(data, &raw, yaml.Strict()); err != nil && !errors.Is(err, io.EOF) {
		return c, errors.New(strings.Join(strings.Fields(yaml.FormatError(err, false, false)), " "))
	}
	if raw.Profile != "" {
		if c.profile, err = ParseProfile(raw.Profile); err != nil {
			return c, fmt.Errorf("profile: %w", err)
		}
	}
	if raw.Level != "" {
		if c.level, err = finding.ParseSeverity(raw.Level); err != nil {
			return c, fmt.Errorf("level: %w", err)
		}
	}
	for _, name := range raw.Disable {
		if byName[name] == nil {
			return c, fmt.Errorf("disable: %w", UnknownRule(name))
		}
	}
	c.disable = raw.Disable
	c.levels = map[string]finding.Severity{}
	for name, word := range raw.Levels {
		if byName[name] == nil {
			return c, fmt.Errorf("levels: %w", UnknownRule(name))
		}
		if c.levels[name], err = finding.ParseSeverity(word); err != nil {
			return c, fmt.Errorf("levels: %s: %w", name, err)
		}
	}
	for _, p := range raw.Ignore {
		if _, err := path.Match(p, "x"); err != nil || p == "" {
			return c, fmt.Errorf("ignore: %q is no pattern", p)
		}
	}
	c.ignore = raw.Ignore
	return c, nil
}

// nesting is how deep brackets are.
func nesting(s string) int {
	depth, most := 0, 0
	for _, r := range s {
		switch r {
		case '{', '[':
			depth++
			most = max(most, depth)
		case '}', ']':
			depth--
		}
	}
	return most
}

// ignores reports whether the directory is not to be looked at.
func (c *config) ignores(dir string) bool {
	if len(c.ignore) == 0 {
		return false
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(c.dir, abs)
	return err == nil && slices.ContainsFunc(c.ignore, func(p string) bool {
		match, err := path.Match(strings.TrimSuffix(p, "/"), filepath.ToSlash(rel))
		return err == nil && match
	})
}

// apply changes the findings as the file says.
func (c *config) apply(list []finding.Finding) []finding.Finding {
	for i := range list {
		if level, ok := c.levels[list[i].Rule]; ok {
			list[i].Severity = level
		}
	}
	return Without(list, c.level, c.disable)
}

// UnknownRule is the error for a rule that there is not, with those whose names
// are much like it.
func UnknownRule(name string) error {
	var like []string
	for _, r := range rules {
		if name != "" && (strings.Contains(r.Name, name) || strings.Contains(name, r.Name)) {
			like = append(like, r.Name)
		}
	}
	slices.Sort(like)
	text := fmt.Sprintf("no rule is called %q", cut(name))
	if len(like) > 0 {
		return fmt.Errorf("%s; there are: %s", text, strings.Join(like[:min(len(like), 8)], ", "))
	}
	return errors.New(text + "; mkslack lint --rules lists them")
}
