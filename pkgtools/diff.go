// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// Change is a file in which two packages differ.
type Change struct {
	Path string `json:"path"`
	// Kind is added, removed or changed.
	Kind string `json:"kind"`
	// What has changed, each as in "mode 644 to 755".
	What []string `json:"what,omitempty"`
	// Old and New are the contents of texts that differ, if they are small, and
	// not too many.
	Old []byte `json:"-"`
	New []byte `json:"-"`
}

// maxDiffText is the size up to which contents are compared as text, and
// maxDiffTexts that of all of them together: they are held in memory.
const (
	maxDiffText  = 512 << 10
	maxDiffTexts = 64 * mib
)

// Diff compares the package files a and b: what files they have, with what
// modes, owners, contents and targets, and which links doinst.sh makes. Times
// do not count. The changes are in the order of their paths.
func Diff(ctx context.Context, a, b string, opt ReadOptions) ([]Change, error) {
	old, err := listForDiff(ctx, a, opt)
	if err != nil {
		return nil, err
	}
	now, err := listForDiff(ctx, b, opt)
	if err != nil {
		return nil, err
	}
	var changes []Change
	texts := map[string]*Change{}
	for _, p := range slices.Sorted(maps.Keys(union(old, now))) {
		o, n := old[p], now[p]
		switch {
		case o == nil:
			changes = append(changes, Change{Path: p, Kind: "added", What: []string{n.kind}})
		case n == nil:
			changes = append(changes, Change{Path: p, Kind: "removed", What: []string{o.kind}})
		default:
			if what := o.compare(n); len(what) > 0 {
				changes = append(changes, Change{Path: p, Kind: "changed", What: what})
			}
		}
	}
	room := int64(maxDiffTexts)
	for i := range changes {
		c := &changes[i]
		o, n := old[c.Path], now[c.Path]
		if o == nil || n == nil || o.sum == n.sum || max(o.size, n.size) > maxDiffText || o.size+n.size > room {
			continue
		}
		room -= o.size + n.size
		texts[c.Path] = c
	}
	if err := readTexts(ctx, a, opt, texts, func(c *Change, b []byte) { c.Old = b }); err != nil {
		return nil, err
	}
	if err := readTexts(ctx, b, opt, texts, func(c *Change, b []byte) { c.New = b }); err != nil {
		return nil, err
	}
	for _, c := range texts {
		if !isText(c.Old) || !isText(c.New) {
			c.Old, c.New = nil, nil
		}
	}
	return changes, nil
}

// diffFile is what counts of a file when packages are compared.
type diffFile struct {
	kind, owner, target string
	mode                int64
	size                int64
	device              string
	sum                 [sha256.Size]byte
	xattrs              map[string]string
}

func (o *diffFile) compare(n *diffFile) (what []string) {
	changed := func(word string, a, b any) {
		if a != b {
			what = append(what, fmt.Sprintf("%s %v to %v", word, a, b))
		}
	}
	if o.kind != n.kind {
		return []string{o.kind + " to " + n.kind}
	}
	changed("mode", fmt.Sprintf("%o", o.mode), fmt.Sprintf("%o", n.mode))
	changed("owner", o.owner, n.owner)
	changed("device", o.device, n.device)
	if o.target != n.target {
		what = append(what, fmt.Sprintf("target %q to %q", o.target, n.target))
	}
	if !maps.Equal(o.xattrs, n.xattrs) {
		what = append(what, "extended attributes")
	}
	changed("size", o.size, n.size)
	if o.size == n.size && o.sum != n.sum {
		what = append(what, "content")
	}
	return what
}

// listForDiff lists the files of a package, with the links of its doinst.sh.
func listForDiff(ctx context.Context, name string, opt ReadOptions) (map[string]*diffFile, error) {
	files := map[string]*diffFile{}
	p, err := Scan(ctx, name, opt, func(e *Entry, content io.Reader) error {
		f := &diffFile{kind: e.Kind(), owner: orID(e.User, e.UID) + ":" + orID(e.Group, e.GID), mode: perm(e.Mode), size: e.Size, xattrs: e.Xattrs, target: e.Link + e.HardLink}
		if e.device() {
			f.device = fmt.Sprintf("%d:%d", e.Major, e.Minor)
		}
		if e.file() {
			h := sha256.New()
			if _, err := io.Copy(h, content); err != nil {
				return err
			}
			h.Sum(f.sum[:0])
		}
		files[e.Path] = f
		return nil
	})
	if err != nil {
		return nil, err
	}
	for link, target := range p.Links() {
		if _, ok := files[link]; !ok {
			files[link] = &diffFile{kind: "link in doinst.sh", owner: "root:root", mode: 0o777, target: target}
		}
	}
	return files, nil
}

func union[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// readTexts reads the contents of those files.
func readTexts(ctx context.Context, name string, opt ReadOptions, texts map[string]*Change, set func(*Change, []byte)) error {
	if len(texts) == 0 {
		return nil
	}
	_, err := Scan(ctx, name, opt, func(e *Entry, content io.Reader) error {
		c := texts[e.Path]
		if c == nil {
			return nil
		}
		b, err := io.ReadAll(content)
		set(c, b)
		return err
	})
	return err
}

func isText(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }
