// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/slackbuild"
)

// Fix mends in the directory, or in all directories below it, what can be
// mended without changing what is meant, and says which files it changed.
func Fix(dir string) ([]string, error) {
	dirs, err := buildDirs(dir, &config{})
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, d := range dirs {
		found, err := fixDir(d.path)
		changed = append(changed, found...)
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

func fixDir(dir string) ([]string, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return nil, err
	}
	name := filepath.Base(abs)
	var changed []string
	for _, f := range []struct {
		name string
		mend func(string) string
	}{
		{name + ".info", mendInfo},
		{"README", mendReadme},
		{"slack-desc", func(s string) string { return mendSlackDesc(name, s) }},
		{name + ".SlackBuild", mendSlackBuild},
		{"doinst.sh", unixLines},
		{"douninst.sh", unixLines},
	} {
		file := filepath.Join(dir, f.name)
		info, err := os.Lstat(file)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return changed, err
		}
		data, err := readText(directory(abs), f.name)
		if err != nil {
			return changed, err
		}
		if len(data) > maxText {
			continue // Dir says so
		}
		text := unlessPanic(string(data), f.mend)
		switch {
		case text != string(data):
			err = replace(file, info, text)
		case info.Mode().Perm() != 0o644:
			err = os.Chmod(file, 0o644)
		default:
			continue
		}
		if err != nil {
			return changed, err
		}
		changed = append(changed, file)
	}
	return changed, nil
}

// unlessPanic changes a text, unless that panics, in a library for example: then
// it is left as it is, and Check says what is wrong with it.
func unlessPanic(text string, mend func(string) string) (mended string) {
	defer func() {
		if recover() != nil {
			mended = text
		}
	}()
	return mend(text)
}

// replace writes the file anew, with the mode that all files of a build have
// and the owner that it had.
func replace(file string, old fs.FileInfo, text string) error {
	f, err := renameio.NewPendingFile(file, renameio.WithPermissions(0o644), renameio.IgnoreUmask())
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	if was, ok := old.Sys().(*syscall.Stat_t); ok && (int(was.Uid) != os.Geteuid() || int(was.Gid) != os.Getegid()) {
		if err := f.Chown(int(was.Uid), int(was.Gid)); err != nil {
			return err
		}
	}
	return f.CloseAtomicallyReplace()
}

// trimLines takes the blanks at the ends of lines away.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	return strings.Join(lines, "\n")
}

// unixLines ends each line, the last one too, in a newline alone.
func unixLines(s string) string { return crlfRE.ReplaceAllString(finalNewline(s), "\n") }

var crlfRE = regexp.MustCompile(`\r+\n`)

func finalNewline(s string) string {
	if s != "" && !strings.HasSuffix(s, "\n") {
		return s + "\n"
	}
	return s
}

func mendReadme(s string) string {
	text := strings.Trim(trimLines(expandTabs(unixLines(s))), "\n")
	if text == "" {
		return s // to be written first
	}
	return text + "\n"
}

// expandTabs puts tab stops every eight columns.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch r {
		case '\t':
			n := 8 - column%8
			b.WriteString(strings.Repeat(" ", n))
			column += n
		case '\n':
			b.WriteRune(r)
			column = 0
		default:
			b.WriteRune(r)
			column++
		}
	}
	return b.String()
}

// mendSlackDesc writes the comment and the ruler anew and keeps the lines.
func mendSlackDesc(name, s string) string {
	s = unixLines(s)
	var kept []string
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, " \t\n")
		switch {
		case strings.HasPrefix(line, name+":"):
			kept = append(kept, line)
		case line != "" && !strings.HasPrefix(line, "#") && !strings.Contains(line, "|-----handy-ruler"):
			return s // something that should be looked at
		}
	}
	if len(kept) == 0 {
		return s
	}
	head := slackbuild.SlackDescHead(name)
	if strings.HasPrefix(s, head) && slices.Equal(strings.Split(strings.TrimSuffix(s[len(head):], "\n"), "\n"), kept) {
		return s
	}
	return head + strings.Join(kept, "\n") + "\n"
}
