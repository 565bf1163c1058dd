// SPDX-License-Identifier: MIT

package lint

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// IsDir reports whether dir is one SlackBuild directory rather than a tree.
func IsDir(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !e.IsDir() && (strings.HasSuffix(e.Name(), ".SlackBuild") || strings.HasSuffix(e.Name(), ".info"))
	}), nil
}

// Tree lints all SlackBuild directories below root, as many at once as there
// are processors, and what only a whole tree shows. progress, if not nil, is
// called with the number of directories done and found, one call at a time.
func Tree(ctx context.Context, root string, progress func(done, all int)) ([]Finding, error) {
	dirs, err := buildDirs(root)
	if err != nil {
		return nil, err
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("%s: no SlackBuild directory there or below", root)
	}
	builds := make([]*build, len(dirs))
	errs := make([]error, len(dirs))
	work := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range work {
				builds[i], errs[i] = loadDir(dirs[i])
				if builds[i] != nil {
					builds[i].script = nil // thousands of syntax trees are a lot
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
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	checkTree(root, builds)
	var all []Finding
	for _, b := range builds {
		all = append(all, b.sorted()...)
	}
	return all, nil
}

// buildDirs finds the directories with a script or .info file, sorted.
func buildDirs(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case p != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		}
		is, err := IsDir(p)
		if is {
			dirs = append(dirs, p)
			return filepath.SkipDir
		}
		return err
	})
	return dirs, err
}

// checkTree finds names that come twice and dependencies that are not there.
// A tree is whole where it has categories: CATEGORY/NAME.
func checkTree(root string, builds []*build) {
	where := map[string]string{}
	whole := true
	for _, b := range builds {
		if other, ok := where[b.name]; ok {
			b.add("tree-name", b.dir, 0, "%s is also in %s: tools look builds up by name only", b.name, other)
		} else {
			where[b.name] = b.dir
		}
		if rel, err := filepath.Rel(root, b.dir); err != nil || strings.Count(filepath.ToSlash(rel), "/") != 1 {
			whole = false
		}
	}
	if !whole {
		return
	}
	for _, b := range builds {
		for r := range strings.FieldsSeq(b.info.value("REQUIRES")) {
			if _, ok := where[r]; !ok && r != "%README%" && packageNameRE.MatchString(r) {
				b.add("tree-requires", b.path(b.name+".info"), b.info.line("REQUIRES"), "REQUIRES names %s, which the tree does not have", r)
			}
		}
	}
}
