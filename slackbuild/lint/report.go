// SPDX-License-Identifier: MIT

package lint

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// Kind is what Check was given.
type Kind string

const (
	KindDirectory Kind = "directory" // one SlackBuild directory
	KindTree      Kind = "tree"      // a directory of them
	KindArchive   Kind = "archive"   // one of them, as it is submitted
	KindPackage   Kind = "package"   // a built package
)

// Options are how Check judges.
type Options struct {
	Profile Profile
	// Cache is a directory for what was found in a tree, which spares looking at
	// builds that have not changed; empty for none.
	Cache string
	// NoConfig leaves ConfigFile alone.
	NoConfig bool
	// Progress, where not nil, is called with the number of directories of a tree
	// that are done and there are, one call at a time.
	Progress func(done, all int)
}

// Report is what Check found.
type Report struct {
	Kind     Kind
	Profile  Profile // that was used: not Auto
	Config   string  // the ConfigFile that was read, or empty
	Builds   int     // SlackBuild directories, or packages
	Findings []finding.Finding
}

// Check lints a SlackBuild directory, a tree or an archive of them, or a built
// package, whatever path is. What of a tree cannot be read is an error beside
// the report about the rest.
func Check(ctx context.Context, path string, opt Options) (*Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var conf config
	if !opt.NoConfig {
		if conf, err = findConfig(path); err != nil {
			return nil, err
		}
	}
	r := &Report{Profile: opt.Profile, Config: conf.file}
	if r.Profile == Auto {
		r.Profile = conf.profile
	}
	switch {
	case info.IsDir():
		err = r.directory(ctx, path, &conf, opt)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q: neither a directory nor a file", path)
	case IsArchive(path):
		r.Kind, r.Builds = KindArchive, 1
		if r.Profile == Auto {
			r.Profile = SBo
		}
		r.Findings, err = checkArchive(ctx, path)
		r.Findings = judged(r.Findings, r.Profile)
	default:
		r.Kind, r.Builds = KindPackage, 1
		if r.Profile == Auto {
			r.Profile = Slackware
		}
		r.Findings, err = checkPackage(ctx, path)
		r.Findings = judged(r.Findings, r.Profile)
	}
	r.Findings = conf.apply(r.Findings)
	if r.Kind == "" {
		return nil, err
	}
	return r, err
}

// directory lints a directory, which is one build, or a tree of them.
func (r *Report) directory(ctx context.Context, path string, conf *config, opt Options) error {
	one, _, err := isDir(path)
	if err != nil {
		return err
	}
	if one {
		r.Kind, r.Builds = KindDirectory, 1
		b, err := loadDir(path)
		if err == nil {
			r.take([]*result{b})
		}
		return err
	}
	builds, err := loadTree(ctx, path, conf, opt)
	if builds == nil {
		return err
	}
	r.Kind, r.Builds = KindTree, len(builds)
	r.take(builds)
	return err
}

// take collects the findings of the builds. Where no profile was asked for, it is
// that of most of the builds.
func (r *Report) take(builds []*result) {
	if r.Profile == Auto {
		of := 0
		for _, b := range builds {
			if b.ForSBo {
				of++
			}
		}
		r.Profile = Private
		if 2*of >= len(builds) {
			r.Profile = SBo
		}
	}
	for _, b := range builds {
		for _, f := range judged(b.Found, r.Profile) {
			f.File = filepath.Join(b.dir, f.File)
			r.Findings = append(r.Findings, f)
		}
	}
}

// Levels counts the findings of each severity.
func Levels(list []finding.Finding) (counts [3]int) {
	for _, f := range list {
		counts[f.Severity]++
	}
	return counts
}

// Without leaves findings out: those below the level, and those of the rules.
func Without(list []finding.Finding, below finding.Severity, disabled []string) []finding.Finding {
	return slices.DeleteFunc(list, func(f finding.Finding) bool {
		return f.Severity < below || slices.Contains(disabled, f.Rule)
	})
}
