// SPDX-License-Identifier: MIT

package lint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// isDir reports whether dir is one SlackBuild directory rather than a tree, and
// what is in it.
func isDir(dir string) (bool, []fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, nil, err
	}
	if base := filepath.Base(dir); base == "." || base == ".." {
		if abs, err := filepath.Abs(dir); err == nil {
			dir = abs
		}
	}
	// Other things are called .info too, as pages of the info program.
	own := filepath.Base(dir) + ".info"
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !e.IsDir() && (strings.HasSuffix(e.Name(), ".SlackBuild") || e.Name() == own)
	}), entries, nil
}

// buildDir is a SlackBuild directory.
type buildDir struct {
	path    string
	rel     string // below the tree's root
	entries []fs.DirEntry
}

// loadTree looks at all SlackBuild directories below root, as many at once as
// there are processors, and at what only a whole tree shows. What cannot be read
// is an error beside the rest.
func loadTree(ctx context.Context, root string, conf *config, opt Options) ([]*result, error) {
	dirs, err := buildDirs(root, conf)
	if len(dirs) == 0 {
		return nil, errors.Join(err, fmt.Errorf("%q: no SlackBuild directory there or below", root))
	}
	cache := openCache(opt.Cache, root)
	results := make([]*result, len(dirs))
	errs := make([]error, len(dirs), len(dirs)+2)
	var next, done atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(dirs) {
					return
				}
				r, err := cache.load(dirs[i])
				results[i], errs[i] = r, readable(err)
				if n := int(done.Add(1)); opt.Progress != nil {
					mu.Lock()
					opt.Progress(n, len(dirs))
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	results = slices.DeleteFunc(results, func(r *result) bool { return r == nil })
	cache.save()
	checkTree(results)
	return results, errors.Join(append(errs, err)...)
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
func buildDirs(root string, conf *config) (dirs []buildDir, err error) {
	var errs []error
	root = filepath.Clean(root)
	var walk func(dir, rel string)
	walk = func(dir, rel string) {
		is, entries, err := isDir(dir)
		switch {
		case err != nil:
			errs = append(errs, readable(err))
			return
		case is:
			dirs = append(dirs, buildDir{dir, rel, entries})
			return
		case strings.Count(rel, "/") > 100:
			return // no tree is so deep
		}
		for _, e := range entries {
			below := filepath.Join(dir, e.Name())
			if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !conf.ignores(below) {
				walk(below, path.Join(rel, e.Name()))
			}
		}
	}
	walk(root, "")
	return dirs, errors.Join(errs...)
}

// checkTree finds names that come twice and dependencies that are not there.
func checkTree(builds []*result) {
	where := map[string]string{}
	for _, b := range builds {
		if other, ok := where[b.Name]; ok {
			b.add("tree-name", ".", 0, "%s is also in %s: tools look builds up by name only", b.Name, other)
		} else {
			where[b.Name] = b.dir
		}
	}
	var missing []func()
	named := 0
	for _, b := range builds {
		for _, r := range b.Requires {
			named++
			if _, ok := where[r]; !ok {
				missing = append(missing, func() {
					b.add("tree-requires", b.Name+".info", b.Line, "REQUIRES names %s, which the tree does not have", r)
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
