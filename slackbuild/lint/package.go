// SPDX-License-Identifier: MIT

package lint

import (
	"context"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/pkgtools/finding"
)

// checkPackage looks at a built package, all of which it reads: what
// pkgtools.Verify finds, and what its scripts and desktop files do.
func checkPackage(ctx context.Context, file string) ([]finding.Finding, error) {
	p := &findings{holder: file}
	v, err := pkgtools.Verify(ctx, file, pkgtools.ReadOptions{}, func(e *pkgtools.Entry, content []byte) error {
		desktop := strings.HasPrefix(e.Path, "usr/share/applications/") && strings.HasSuffix(e.Path, ".desktop")
		if desktop && e.Mode.IsRegular() && e.HardLink == "" && len(content) <= maxText {
			p.guarded(mergedPath(file, e.Path), func() { checkDesktop(p, mergedPath(file, e.Path), string(content)) })
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.list = append(p.list, v.Findings...)
	for _, s := range []struct {
		name string
		text []byte
	}{{"install/doinst.sh", v.Package.Doinst}, {"install/douninst.sh", v.Package.Douninst}} {
		if s.text != nil && !p.broken("doinst-syntax", s.name) {
			p.guarded(mergedPath(file, s.name), func() { checkInstallScript(p, mergedPath(file, s.name), string(s.text), "", false) })
		}
	}
	checkPackageFits(p, v.Package)
	return p.sorted(), nil
}

// broken reports whether the rule is broken by that member of the package.
func (f *findings) broken(rule, member string) bool {
	for i := range f.list {
		if f.list[i].Rule == rule && f.list[i].Member == member {
			return true
		}
	}
	return false
}

// checkPackageFits finds files that doinst.sh should do something about.
func checkPackageFits(f *findings, p *pkgtools.Package) {
	doinst := string(p.Doinst)
	told := map[string]bool{}
	for i := range p.Entries {
		name := p.Entries[i].Path
		if !p.Entries[i].Mode.IsRegular() {
			continue
		}
		for _, fit := range fits {
			if strings.Contains(name, fit.path) && !told[fit.rule] && !strings.Contains(doinst, fit.program) {
				told[fit.rule] = true
				f.add(fit.rule, p.File, 0, "the package has files in %s, and doinst.sh does not call %s", fit.path, fit.program)
			}
		}
		if strings.HasPrefix(name, "lib/modules/") && strings.Contains(name, ".ko") && !told["ko"] && !strings.Contains(doinst, "depmod") {
			told["ko"] = true
			f.add("doinst-depmod", p.File, 0, "the package has kernel modules, and doinst.sh does not call depmod")
		}
	}
}
