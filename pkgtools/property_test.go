// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	seeds = flag.Int("property.seeds", 60, "how many random worlds the property test of changes lives through")
	seed  = flag.Uint64("property.seed", 0, "only this world")
)

// world is a tree of files as a simple model has it: what is at each path, "/"
// for a directory, "-> x" for a link, anything else the content of a file.
type world map[string]string

const (
	dirNode  = "/"
	linkNode = "-> "
)

func isLinkNode(n string) bool { return strings.HasPrefix(n, linkNode) }

// follow gives the place of p with all links followed but a last one; ok is false
// where a directory above it is missing.
func (w world) follow(p string) (place string, ok bool) {
	dir, ok := w.dirOf(path.Dir(p), 0)
	return path.Join(dir, path.Base(p)), ok
}

// dirOf follows all links of p, and tells whether there is a directory.
func (w world) dirOf(p string, depth int) (place string, ok bool) {
	if p == "." {
		return ".", true
	}
	if depth > 40 {
		return "", false
	}
	above, ok := w.dirOf(path.Dir(p), depth)
	if !ok {
		return "", false
	}
	place = path.Join(above, path.Base(p))
	target, link := strings.CutPrefix(w[place], linkNode)
	switch {
	case link && strings.HasPrefix(target, "/"):
		return w.dirOf(path.Join(".", target), depth+1)
	case link:
		return w.dirOf(strings.TrimPrefix(path.Join("/", above, target), "/")+"", depth+1)
	}
	return place, w[place] == dirNode
}

func (w world) empty(dir string) bool {
	for p := range w {
		if path.Dir(p) == dir {
			return false
		}
	}
	return true
}

// testPackage is a package of a world: what is in the archive, and links.
type testPackage struct {
	full  string
	files world // without links
	links map[string]string
	name  string // of its file
}

func (p *testPackage) paths() []string { return slices.Sorted(maps.Keys(p.files)) }

// extract is what tar does in installpkg: links in the place of files go,
// directories that are there stay, also where a link leads to one. Of two paths that
// are the same through a link, the later counts.
func (w world) extract(p *testPackage, keepOld bool) {
	written := map[string]bool{}
	for _, f := range p.paths() {
		place, ok := w.follow(f)
		if !ok {
			continue
		}
		is, there := w[place]
		if p.files[f] == dirNode {
			if _, dir := w.dirOf(f, 0); !dir && !(keepOld && there && !isLinkNode(is)) {
				w[place] = dirNode
			}
			continue
		}
		switch {
		case is == dirNode && !w.empty(place):
		case keepOld && there && is != dirNode && !written[place]:
		default:
			written[place] = true
			w[place] = p.files[f]
		}
	}
}

// makeLinks is what the lines of doinst.sh do, but that a directory with files in
// it stays. It gives the links that were not made.
func (w world) makeLinks(p *testPackage) (failed []string) {
	for _, l := range slices.Sorted(maps.Keys(p.links)) {
		place, ok := w.follow(l)
		if !ok || w[place] == dirNode && !w.empty(place) {
			failed = append(failed, l)
			continue
		}
		w[place] = linkNode + p.links[l]
	}
	return failed
}

// remove is what removepkg does: links that are still links, then files, then
// directories that are empty, unless somebody else needs them. Unlike there, what
// lies behind a link is found, though the link has gone before it: it is looked for
// in the world as it was. What has changed since then is not the old package's.
func (w world) remove(p *testPackage, was world, needed map[string]bool) {
	place := func(f string) (string, bool) {
		place, ok := was.follow(f)
		return place, ok && w[place] == was[place]
	}
	for _, l := range slices.Sorted(maps.Keys(p.links)) {
		if place, ok := place(l); ok && !needed[l] && isLinkNode(w[place]) {
			delete(w, place)
		}
	}
	for _, f := range p.paths() {
		if place, ok := place(f); ok && p.files[f] != dirNode && !needed[f] && w[place] != dirNode {
			delete(w, place)
		}
	}
	for _, f := range slices.Backward(p.paths()) {
		if place, ok := place(f); ok && p.files[f] == dirNode && !needed[f+"/"] && w[place] == dirNode && w.empty(place) {
			delete(w, place)
		}
	}
}

// need is what the package keeps others from removing.
func (p *testPackage) need() map[string]bool {
	needed := map[string]bool{}
	for f, what := range p.files {
		if what == dirNode {
			f += "/"
		}
		needed[f] = true
	}
	for l := range p.links {
		needed[l] = true
	}
	return needed
}

// install and upgrade give the files that are not there afterwards, or not as
// they should be, and the links that were not made.
func (w world) install(p *testPackage) (lost, failed []string) {
	w.extract(p, false)
	lost = w.lost(p)
	return lost, w.makeLinks(p)
}

// upgrade is what upgradepkg does: the new package, without its script; what only
// the old one had goes; the new one again, where something is missing; the script.
// Unlike there, an old link that becomes a directory is not written through.
func (w world) upgrade(old, p *testPackage, needed map[string]bool) (lost, failed []string) {
	was := maps.Clone(w)
	for l := range old.need() {
		if place, ok := w.follow(l); ok && p.files[l] == dirNode && isLinkNode(w[place]) && !needed[l] {
			delete(w, place)
		}
	}
	w.extract(p, false)
	all := p.need()
	maps.Copy(all, needed)
	w.remove(old, was, all)
	w.extract(p, true)
	lost = w.lost(p)
	return lost, w.makeLinks(p)
}

// lost are the paths of the package where something else is. Of two paths that
// links make one the later counts.
func (w world) lost(p *testPackage) (lost []string) {
	last := world{}
	for _, f := range p.paths() {
		if place, ok := w.follow(f); ok && p.files[f] != dirNode {
			last[place] = p.files[f]
		}
	}
	for _, f := range p.paths() {
		place, ok := w.follow(f)
		if p.files[f] == dirNode {
			_, ok = w.dirOf(f, 0)
		} else {
			ok = ok && w[place] == last[place]
		}
		if !ok {
			lost = append(lost, f)
		}
	}
	return lost
}

// chance makes worlds.
type chance struct{ *rand.Rand }

func (c chance) path() string {
	parts := []string{"u"}
	for range 1 + c.IntN(3) {
		parts = append(parts, string("abc"[c.IntN(3)]))
	}
	return path.Join(parts...)
}

func (c chance) target() string {
	targets := []string{"a", "b", "c", "a/b", "../a", "../b/c", "/u/a", "/u/b/c", "nowhere", "../../u/c", "."}
	return targets[c.IntN(len(targets))]
}

// tree makes some files, each with its directories; mark is in their contents.
func (c chance) tree(n int, mark string, links float64) world {
	w := world{}
	for range n {
		p := c.path()
		fits := w[p] == ""
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			fits = fits && (w[dir] == "" || w[dir] == dirNode)
		}
		if !fits {
			continue
		}
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			w[dir] = dirNode
		}
		switch x := c.Float64(); {
		case x < links:
			w[p] = linkNode + c.target()
		case x < links+0.1:
			w[p] = dirNode
		default:
			w[p] = mark + " " + p
		}
	}
	return w
}

func (c chance) pack(t *testing.T, full string) *testPackage {
	p := &testPackage{full: full, files: world{".": dirNode}, links: map[string]string{}}
	var entries []Entry
	for f, what := range c.tree(1+c.IntN(7), full, 0.3) {
		if target, ok := strings.CutPrefix(what, linkNode); ok {
			p.links[f] = target
			entries = append(entries, symlink(f, target))
			continue
		}
		p.files[f] = what
		if what == dirNode {
			entries = append(entries, dir(f))
		} else {
			entries = append(entries, file(f, what))
		}
	}
	p.name = pack(t, full, entries...)
	return p
}

// build makes the files of a world in root.
func (w world) build(t *testing.T, root string) {
	t.Helper()
	for _, p := range slices.Sorted(maps.Keys(w)) {
		name, what := filepath.Join(root, p), w[p]
		var err error
		switch target, link := strings.CutPrefix(what, linkNode); {
		case what == dirNode:
			err = os.MkdirAll(name, 0o755)
		case link:
			err = os.Symlink(target, name)
		default:
			err = os.WriteFile(name, []byte(what), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// read is the opposite of build; the database is left out.
func read(t *testing.T, root string) world {
	t.Helper()
	w := world{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		p, err := filepath.Rel(root, name)
		switch {
		case p == "var":
			return fs.SkipDir
		case d.IsDir():
			w[p] = dirNode
		case d.Type() == fs.ModeSymlink:
			var target string
			target, err = os.Readlink(name)
			w[p] = linkNode + target
		default:
			var b []byte
			b, err = os.ReadFile(name)
			w[p] = string(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func all(t *testing.T, root string) string { return snapshot(t, root) }

// TestChangesAreAsPredicted lives through random worlds: an administrator's files,
// and packages that are installed, upgraded and removed. What --dry-run tells is
// what the change then reports, and does; and the result is that of a simple model
// of installpkg, upgradepkg and removepkg. Where files would be lost in the model,
// the change is refused, and nothing is touched.
func TestChangesAreAsPredicted(t *testing.T) {
	from, to := uint64(1), uint64(*seeds)
	if *seed != 0 {
		from, to = *seed, *seed
	}
	counts := map[string]int{}
	for n := from; n <= to && !t.Failed(); n++ {
		live(t, n, counts)
	}
	t.Logf("%v", counts)
	if *seed == 0 && (counts["upgrade done"] < *seeds/2 || counts["remove done"] < *seeds/4 || counts["install refused"] == 0 || counts["links not made"] == 0) {
		t.Errorf("too little happens: %v", counts)
	}
}

func live(t *testing.T, seed uint64, counts map[string]int) {
	c := chance{rand.New(rand.NewPCG(seed, 1))}
	root := tempRoot(t)
	w := c.tree(c.IntN(8), "admin's", 0.2)
	w.build(t, root)
	if err := open(t, root).init(); err != nil {
		t.Fatal(err)
	}
	installed := map[string]*testPackage{}
	for step := range 6 {
		base := []string{"app", "other"}[c.IntN(2)]
		p := c.pack(t, fmt.Sprintf("%s-%d-noarch-1", base, step))
		old := installed[base]
		needed := map[string]bool{}
		for b, q := range installed {
			if b != base {
				maps.Copy(needed, q.need())
			}
		}
		after := maps.Clone(w)
		var lost, failed []string
		kind, operand := "", p.name
		switch {
		case old == nil:
			kind = "install"
			lost, failed = after.install(p)
		case c.IntN(3) > 0:
			kind = "upgrade"
			lost, failed = after.upgrade(old, p, needed)
		default:
			kind, operand = "remove", base
			after.remove(old, w, needed)
		}
		what := fmt.Sprintf("world %d (-property.seed), step %d: %s %s\nbefore: %s\nold: %s\nnew: %s", seed, step, kind, p.full, w, old, p)
		err := predicted(t, root, kind, operand, what)
		got := read(t, root)
		switch {
		case len(lost) > 0:
			counts[kind+" refused"]++
			if err == nil || errors.Is(err, ErrLinks) {
				t.Errorf("%s\nerror %v, but lost are %q; there is\n%s", what, err, lost, got)
			}
			if diff := cmp.Diff(w, got); diff != "" {
				t.Errorf("%s\nrefused (-before +after):\n%s", what, diff)
			}
			return
		case len(failed) > 0:
			counts["links not made"]++
			if !errors.Is(err, ErrLinks) {
				t.Errorf("%s\nerror %v, but links are not made: %q", what, err, failed)
			}
		case err != nil:
			t.Errorf("%s\nerror %v", what, err)
		}
		counts[kind+" done"]++
		if diff := cmp.Diff(after, got); diff != "" {
			t.Errorf("%s\n(-model +done):\n%s", what, diff)
		}
		if t.Failed() {
			return
		}
		if w, installed[base] = got, p; kind == "remove" {
			delete(installed, base)
		}
	}
}

func (p *testPackage) String() string {
	if p == nil {
		return "none"
	}
	return fmt.Sprintf("%s %s links %s", p.full, p.files, p.links)
}

// predicted makes the change after it was tried, and compares what the two say
// with each other and with what is done.
func predicted(t *testing.T, root, kind, operand, what string) error {
	t.Helper()
	before, tree := all(t, root), read(t, root)
	tried, triedErr := try(t, root, kind, operand, ChangeOptions{DryRun: true})
	if now := all(t, root); now != before {
		t.Errorf("%s\ntrying has changed something:\n%s", what, cmp.Diff(before, now))
	}
	done, err := try(t, root, kind, operand, ChangeOptions{})
	if fmt.Sprint(triedErr) != fmt.Sprint(err) {
		t.Errorf("%s\ntried: %v\ndone: %v", what, triedErr, err)
	}
	if err != nil && !errors.Is(err, ErrLinks) {
		return err
	}
	tried.DryRun = false
	if diff := cmp.Diff(tried, done); diff != "" {
		t.Errorf("%s\n(-tried +done)\n%s", what, diff)
	}
	after := read(t, root)
	told := map[string]bool{}
	w := tree
	for _, p := range slices.Concat(done.Written, done.Links, done.Removed) {
		p = strings.TrimSuffix(p, "/")
		for _, w := range []world{tree, after} {
			if place, ok := w.follow(p); ok {
				told[place] = true
			}
		}
	}
	for _, both := range []world{w, after} {
		for p := range both {
			if w[p] != after[p] && !told[p] {
				t.Errorf("%s\n%q was %q and is %q, which is not told: %+v", what, p, w[p], after[p], done)
			}
		}
	}
	return err
}

func (w world) String() string {
	var parts []string
	for _, p := range slices.Sorted(maps.Keys(w)) {
		parts = append(parts, p+" "+w[p])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
