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
	"sync/atomic"

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
func buildDirs(root string, conf *config) (dirs []string, err error) {
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
		case p != root && (strings.HasPrefix(d.Name(), ".") || conf.ignores(p)):
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
