// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
)

// cache spares looking again at builds of a tree that have not changed. What was
// found in one belongs to a hash of its files' names, modes and contents; and
// while nothing about the files' inodes changes, as git's index has it, their
// contents are not read for the hash. There is a file for each tree, which
// another version of this program does not take, nor one that lies elsewhere.
//
// All methods work on a nil cache.
type cache struct {
	file    string
	rules   string    // which rules they are, and what applies them
	written time.Time // files that changed about then may have changed again
	known   map[string]*cached
	root    string

	mu    sync.Mutex
	now   map[string]*cached
	fresh int // builds that were looked at
}

// cached is what is known of one directory.
type cached struct {
	Inodes  string // a hash of what stat says of the files
	Content string
	Result  *result
}

// stored is what a cache's file holds.
type stored struct {
	Rules string
	Root  string
	Known map[string]*cached
}

// maxCache is how large a cache's file may be; that of SlackBuilds.org has 5 MB.
const maxCache = 64 << 20

// openCache opens the cache of the tree in the directory dir; empty for none. A
// cache that cannot be read is an empty one.
func openCache(dir, root string) *cache {
	if dir == "" {
		return nil
	}
	abs, err := filepath.Abs(root)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	rules, rulesErr := rulesVersion()
	if err != nil || rulesErr != nil {
		return nil
	}
	name := sha256.Sum256([]byte(abs))
	c := &cache{file: filepath.Join(dir, hex.EncodeToString(name[:])), rules: rules, root: abs, now: map[string]*cached{}}
	f, err := os.Open(c.file)
	if err != nil {
		return c
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxCache || owner(info) != uint32(os.Geteuid()) {
		return c
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return c
	}
	var s stored
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&s); err == nil && s.Rules == c.rules && s.Root == abs {
		c.known, c.written = s.Known, info.ModTime()
	}
	return c
}

// rulesVersion stands for the rules and the code that applies them: the program
// file as it is.
func rulesVersion() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	info, err := os.Stat(self)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(self, info.Size(), info.ModTime().UnixNano(), inode(info)), nil
}

func inode(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}

// load gives what is found in the directory.
func (c *cache) load(b buildDir) (*result, error) {
	dir, key := b.path, b.rel
	if c == nil {
		return loadDir(dir)
	}
	old := c.known[key]
	inodes, newest, err := inodesOf(b)
	if err != nil {
		return loadDir(dir) // which says what is wrong
	}
	// A change within the clock's tick of the last run may not show.
	const tick = 20 * time.Millisecond
	if old != nil && old.Inodes == inodes && newest < c.written.Add(-tick).UnixNano() {
		return c.keep(key, dir, old), nil
	}
	content, err := contentOf(b)
	if err != nil {
		return loadDir(dir)
	}
	if old != nil && old.Content == content {
		return c.keep(key, dir, &cached{inodes, content, old.Result}), nil
	}
	r, err := loadDir(dir)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.fresh++
	c.mu.Unlock()
	return c.keep(key, dir, &cached{inodes, content, r}), nil
}

// keep notes what is known of a directory for the next run, and gives a copy
// for this one.
func (c *cache) keep(key, dir string, known *cached) *result {
	c.mu.Lock()
	c.now[key] = known
	c.mu.Unlock()
	r := *known.Result
	r.dir = dir
	r.Found = slices.Clip(r.Found) // what is added belongs to this run
	return &r
}

// save writes the cache, unless nothing is new. What fails costs time in the
// next run and nothing else.
func (c *cache) save() {
	if c == nil || len(c.now) == len(c.known) && !c.changed() {
		return
	}
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(stored{c.rules, c.root, c.now}); err != nil || data.Len() > maxCache {
		return
	}
	if err := os.MkdirAll(filepath.Dir(c.file), 0o700); err != nil {
		return
	}
	renameio.WriteFile(c.file, data.Bytes(), 0o600)
}

// changed reports whether something else is known now.
func (c *cache) changed() bool {
	for key, now := range c.now {
		if old := c.known[key]; old == nil || old != now {
			return true
		}
	}
	return false
}

// inodesOf is a hash of what stat says of the files, and the latest change of
// one in nanoseconds.
func inodesOf(b buildDir) (sum string, newest int64, err error) {
	var all []byte
	err = eachFile(b.path, "", b.entries, func(rel string, info fs.FileInfo) error {
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return fs.ErrInvalid
		}
		changed, modified := stat.Ctim.Nano(), stat.Mtim.Nano()
		newest = max(newest, changed, modified)
		all = append(append(all, rel...), 0)
		for _, n := range []uint64{stat.Ino, uint64(stat.Mode), uint64(stat.Size), uint64(changed), uint64(modified)} {
			all = binary.LittleEndian.AppendUint64(all, n)
		}
		return nil
	})
	of := sha256.Sum256(all)
	return string(of[:]), newest, err
}

// contentOf is a hash of the files' names, modes and contents, as far as these
// are looked into.
func contentOf(b buildDir) (string, error) {
	h := sha256.New()
	abs, err := filepath.Abs(b.path)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%q\n", filepath.Base(abs))
	err = eachFile(b.path, "", b.entries, func(rel string, info fs.FileInfo) error {
		fmt.Fprintf(h, "%q %o %d\n", rel, info.Mode(), info.Size())
		if info.Mode().IsRegular() {
			return hashFile(h, directory(b.path), rel)
		}
		return nil
	})
	return string(h.Sum(nil)), err
}

func hashFile(h hash.Hash, d directory, rel string) error {
	f, err := d.open(rel)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(h, io.LimitReader(f, maxText+1))
	return err
}

// eachFile calls visit for all files below the directory that may count, in
// their order. entries are what is in dir/rel.
func eachFile(dir, rel string, entries []fs.DirEntry, visit func(rel string, info fs.FileInfo) error) error {
	for _, e := range entries {
		name := path.Join(rel, e.Name())
		if e.IsDir() {
			if slices.Contains(repositories, e.Name()) {
				continue
			}
			const deepest = 50
			if strings.Count(name, "/") > deepest {
				return fs.ErrInvalid // which is not worth it
			}
			below, err := os.ReadDir(filepath.Join(dir, name))
			if err == nil {
				err = eachFile(dir, name, below, visit)
			}
			if err != nil {
				return err
			}
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if err := visit(name, info); err != nil {
			return err
		}
	}
	return nil
}
