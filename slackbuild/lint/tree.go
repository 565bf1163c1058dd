// SPDX-License-Identifier: MIT

package lint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// IsDir reports whether dir is one SlackBuild directory rather than a tree.
func IsDir(dir string) (bool, error) {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	// Other things are called .info too, as pages of the info program.
	own := filepath.Base(dir) + ".info"
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !e.IsDir() && (strings.HasSuffix(e.Name(), ".SlackBuild") || e.Name() == own)
	}), nil
}

// Tree lints all SlackBuild directories below root, as many at once as there
// are processors, and what only a whole tree shows. progress, if not nil, is
// called with the number of directories done and found, one call at a time. What
// cannot be read is an error beside the findings of the rest.
func Tree(ctx context.Context, root string, progress func(done, all int)) ([]finding.Finding, error) {
	dirs, err := buildDirs(root)
	if len(dirs) == 0 {
		return nil, errors.Join(err, fmt.Errorf("%q: no SlackBuild directory there or below", root))
	}
	builds := make([]*build, len(dirs))
	errs := make([]error, len(dirs), len(dirs)+1)
	work := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range work {
				b, err := loadDir(dirs[i])
				builds[i], errs[i] = b, readable(err)
				if b != nil {
					b.script, b.source, b.has = nil, nil, nil // thousands of syntax trees are a lot
				}
				mu.Lock()
				done++
				if progress != nil {
					progress(done, len(dirs))
				}
				mu.Unlock()
			}
		})
	}
	for i := range dirs {
		if ctx.Err() != nil {
			break
		}
		work <- i
	}
	close(work)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	builds = slices.DeleteFunc(builds, func(b *build) bool { return b == nil })
	checkTree(builds)
	var all []finding.Finding
	for _, b := range builds {
		all = append(all, b.sorted()...)
	}
	return all, errors.Join(append(errs, err)...)
}

// readable is an error about a file whose name may hold anything.
func readable(err error) error {
	if p := new(fs.PathError); errors.As(err, &p) {
		return fmt.Errorf("%s %s: %w", p.Op, finding.Printable(p.Path), p.Err)
	}
	return err
}

// buildDirs finds the directories with a script or .info file, sorted. Those
// that cannot be read are left out, and told.
func buildDirs(root string) (dirs []string, err error) {
	var errs []error
	if resolved, err := filepath.EvalSymlinks(root); err == nil && resolved != filepath.Clean(root) {
		root = filepath.Clean(root) + string(filepath.Separator) // WalkDir does not follow the link itself
	}
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			errs = append(errs, readable(err))
			return filepath.SkipDir
		case !d.IsDir():
			return nil
		case p != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		}
		is, err := IsDir(p)
		if is {
			dirs = append(dirs, filepath.Clean(p))
			return filepath.SkipDir
		}
		if err != nil {
			errs = append(errs, readable(err))
			return filepath.SkipDir
		}
		return nil
	})
	return dirs, errors.Join(append(errs, err)...)
}

// checkTree finds names that come twice and dependencies that are not there.
func checkTree(builds []*build) {
	where := map[string]string{}
	for _, b := range builds {
		if other, ok := where[b.name]; ok {
			b.add("tree-name", b.dir, 0, "%s is also in %s: tools look builds up by name only", b.name, other)
		} else {
			where[b.name] = b.dir
		}
	}
	var missing []func()
	named := 0
	for _, b := range builds {
		for r := range strings.FieldsSeq(b.info.value("REQUIRES")) {
			if r == "%README%" || !packageNameRE.MatchString(r) {
				continue
			}
			named++
			if _, ok := where[r]; !ok {
				missing = append(missing, func() {
					b.add("tree-requires", b.path(b.name+".info"), b.info.line("REQUIRES"), "REQUIRES names %s, which the tree does not have", r)
				})
			}
		}
	}
	// A tree that lacks many is a part of one, or lies beside another.
	if len(missing)*10 > named {
		return
	}
	for _, add := range missing {
		add()
	}
}
