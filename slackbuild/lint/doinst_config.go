// SPDX-License-Identifier: MIT

package lint

import (
	"slices"
	"strings"

	"github.com/slackbond/slackbond/slackbuild"
	"mvdan.cc/sh/v3/syntax"
)

// The functions of doinst.sh that put NAME.new into place are copied from one
// package to the next, with changes that should make none. So they are run in
// the sandbox for each case there is, and judged by what becomes of the files.

const (
	oldConf = "etc/thing.conf"
	newConf = "etc/thing.conf.new"
)

// configCase is what is there before, and what should be there afterwards.
type configCase struct {
	when   string
	before map[string]fakeFile
	after  map[string]fakeFile
}

var (
	mine   = fakeFile{content: "the administrator's", mode: "0600"}
	theirs = fakeFile{content: "the package's", mode: "0644"}
)

var configCases = []configCase{
	{"there is no old file", map[string]fakeFile{newConf: theirs}, map[string]fakeFile{oldConf: theirs}},
	{"the old file is the same", map[string]fakeFile{oldConf: theirs, newConf: theirs}, map[string]fakeFile{oldConf: theirs}},
	{"the administrator has changed the file", map[string]fakeFile{oldConf: mine, newConf: theirs}, map[string]fakeFile{oldConf: mine, newConf: theirs}},
}

var preservePermsCases = []configCase{
	{"there is no old file", map[string]fakeFile{newConf: theirs}, map[string]fakeFile{oldConf: theirs}},
	{"the administrator has changed the file and its mode", map[string]fakeFile{oldConf: mine, newConf: theirs},
		map[string]fakeFile{oldConf: mine, newConf: {content: theirs.content, mode: mine.mode}}},
}

// checkConfigFunctions applies the rules about config() and preserve_perms().
func checkConfigFunctions(f *findings, file string, s *script) {
	if strings.Contains(s.text, slackbuild.ConfigFunctions) {
		return // mkslack's own, which resolves links: slackbuild tests it on real files
	}
	for _, fn := range []struct {
		name, rule string
		losing     string // the rule where the administrator's file is lost
		cases      []configCase
	}{
		{"config", "doinst-config-body", "doinst-config-loses", configCases},
		// Some packages replace a script whatever was changed in it.
		{"preserve_perms", "doinst-preserve-perms", "doinst-preserve-perms", preservePermsCases},
	} {
		decl := s.funcs[fn.name]
		if decl == nil || onlyHelps(s, fn.name) {
			continue
		}
		line := int(decl.Pos().Line())
		for _, c := range fn.cases {
			after, err := afterwards(s, decl, c.before)
			switch {
			case err != nil: // what it does cannot be told
			case after[oldConf].content != c.after[oldConf].content && c.before[oldConf] == mine:
				f.add(fn.losing, file, line, "%s(): where %s, that is lost", fn.name, c.when)
			case !sameFiles(after, c.after):
				f.add(fn.rule, file, line, "%s(): where %s, it leaves %s", fn.name, c.when, describeFiles(after))
			default:
				continue
			}
			break
		}
		checkConfigLinks(f, file, s, decl)
	}
}

// checkConfigLinks tells what becomes of a file that the administrator has put
// elsewhere, with a link in its place. The functions that nearly all packages
// have do badly then.
func checkConfigLinks(f *findings, file string, s *script, decl *syntax.FuncDecl) {
	const elsewhere = "srv/thing.conf"
	link := fakeFile{link: elsewhere}
	after, err := afterwards(s, decl, map[string]fakeFile{oldConf: link, elsewhere: mine, newConf: theirs})
	lost := ""
	switch {
	case err != nil:
		return
	case after[elsewhere].content != mine.content:
		lost = "the file that it leads to is overwritten"
	case after[oldConf] != link:
		lost = "the link is replaced by the new file"
	default:
		after, err = afterwards(s, decl, map[string]fakeFile{oldConf: link, newConf: theirs})
		if err == nil && after[oldConf] != link {
			lost = "and that is not mounted, the link is replaced by the new file"
		}
	}
	if lost != "" {
		f.add("doinst-config-links", file, int(decl.Pos().Line()), "%s(): where the administrator has put a link to another place, %s", decl.Name.Value, lost)
	}
}

// onlyHelps reports whether the function is called, but by other functions
// alone, whose variables it may use.
func onlyHelps(s *script, name string) bool {
	calls := s.find(name)
	return len(calls) > 0 && !slices.ContainsFunc(calls, func(c call) bool { return !c.scope.inside(isFunction) })
}

// afterwards is what the function leaves of the files when it is called with
// the new one's name.
func afterwards(s *script, f *syntax.FuncDecl, before map[string]fakeFile) (map[string]fakeFile, error) {
	files := map[string]fakeFile{}
	for name, file := range before {
		files[name] = file
	}
	sh := newSandbox(s, files)
	_, err := sh.function(f, []string{newConf}, false)
	return files, err
}

func sameFiles(a, b map[string]fakeFile) bool {
	for name, file := range a {
		if other, ok := b[name]; !ok || other.content != file.content || name == newConf && other.mode != file.mode {
			return false
		}
	}
	return len(a) == len(b)
}

func describeFiles(files map[string]fakeFile) string {
	var parts []string
	for _, name := range []string{oldConf, newConf} {
		f, ok := files[name]
		switch {
		case !ok:
			parts = append(parts, "no "+name)
		case f.content == mine.content:
			parts = append(parts, "the old "+name)
		default:
			parts = append(parts, "the package's "+name)
		}
	}
	return strings.Join(parts, " and ")
}
