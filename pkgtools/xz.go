// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/ulikunitz/xz"
)

const mib = 1 << 20

// xzBlock is the size of the blocks into which an archive of total bytes is
// cut: what one processor compresses at a time. It depends on nothing else, so
// that the result does not. Blocks of xz -9 are 192 MiB, which keeps one
// processor busy; smaller ones cost size, since each starts with an empty
// dictionary: some 50 kB a cut in a small tree of texts, 300 kB in a large one,
// 100 kB in programs that are like each other. That stays below 2 % with two blocks,
// and with more of at least 96 MiB each; it is 2 % of a package of 5 MB too, so
// what is smaller is left whole. An archive is cut into equal blocks, and an even number of them, so
// that no processor waits for the last one.
//
// The filters for machine code (xz --x86) would win twice that back; but the xz
// of busybox, which is the one in Slackware's initrd, does not know them. A
// lower effort (nice=32) costs programs 0.5 % and texts 2.5 %.
func xzBlock(total int64) int64 {
	blocks := int64(1)
	if total >= 32*mib {
		blocks = max(2, total/(192*mib)*2)
	}
	return (total/blocks + mib) / mib * mib
}

// xzDictionary is the dictionary of xz -9, or what is enough for a smaller
// block: less memory has to be cleared.
func xzDictionary(block int64) int64 {
	size := int64(64 * mib)
	for size/2 >= block && size > mib {
		size /= 2
	}
	return size
}

func (c *compression) xz() (io.WriteCloser, error) {
	block := xzBlock(c.total)
	switch c.Engine {
	case Auto:
		if xzUtils() == 0 {
			c.notes = append(c.notes, "there is no xz of XZ Utils: the package is larger than it would be, and has other bytes")
			return c.xzGo()
		}
	case SevenZip:
		return c.sevenZip(sevenZip(), block)
	case Go:
		return c.xzGo()
	case Program:
		if xzUtils() == 0 {
			return nil, errNoXz
		}
	default:
		return nil, fmt.Errorf("unknown xz engine %q; there are %q, %q and %q", c.Engine, Program, SevenZip, Go)
	}
	args := []string{"xz", "-c", "--check=crc64", "--block-size=" + strconv.FormatInt(block, 10), "--threads=" + xzThreads(c.Threads)}
	return c.program(append(args, c.options("--lzma2=preset=9,dict="+strconv.FormatInt(xzDictionary(block), 10))...)...)
}

// sevenZip is what 7-Zip is called here; empty: it is not.
func sevenZip() string {
	for _, name := range []string{"7zz", "7z", "7za", "7zr"} {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return ""
}

// sevenZip writes a single block, which xz(1) gives one processor: 7-Zip has a
// second one look for matches. It was done in 0.4 of the time, at the same
// size. More threads would cut the archive, and that would change the result.
func (c *compression) sevenZip(program string, block int64) (io.WriteCloser, error) {
	if program == "" {
		return nil, fmt.Errorf("7-Zip is not installed: none of 7zz, 7z, 7za and 7zr: %w", exec.ErrNotFound)
	}
	dictionary := strconv.FormatInt(xzDictionary(block), 10)
	args := []string{program, "a", "-an", "-si", "-so", "-txz", "-bd", "-md=" + dictionary + "b", "-mmt=" + strconv.Itoa(min(c.Threads, 2))}
	return c.program(append(args, c.options("-mx=9")...)...)
}

// xzThreads makes xz use its multi-threaded encoder even for one thread: the
// other one writes other bytes. Before 5.4 it could not be asked to.
func xzThreads(n int) string {
	switch {
	case n > 1:
		return strconv.Itoa(n)
	case xzUtils() >= 504:
		return "+1"
	}
	return "2"
}

var errNoXz = errors.New("there is no xz of XZ Utils")

// xzUtils is the version of the xz program: 504 for XZ Utils 5.4, 1 for one that
// does not tell it, and 0 where there is none, or another one: that of busybox,
// the only one in Alpine Linux, does not compress and has few of the options.
func xzUtils() int {
	program, err := exec.LookPath("xz")
	if err != nil {
		return 0
	}
	xzVersions.Lock()
	defer xzVersions.Unlock()
	version, known := xzVersions.of[program]
	if !known {
		out, err := exec.Command(program, "--version").Output()
		if err == nil {
			version = xzVersion(string(out))
		}
		if xzVersions.of == nil {
			xzVersions.of = map[string]int{}
		}
		xzVersions.of[program] = version
	}
	return version
}

// xzVersions are those of the programs that were asked.
var xzVersions struct {
	sync.Mutex
	of map[string]int
}

// xzVersion reads what xz --version prints.
func xzVersion(text string) int {
	if !strings.HasPrefix(text, "xz (XZ Utils) ") {
		return 0
	}
	m := xzVersionRE.FindStringSubmatch(text)
	if m == nil {
		return 1
	}
	major, _ := strconv.Atoi(m[1]) // the pattern has only digits
	minor, _ := strconv.Atoi(m[2])
	return 100*major + minor
}

var xzVersionRE = regexp.MustCompile(`^xz \(XZ Utils\) (\d+)\.(\d+)`)

// xzGoBlock is what one processor compresses at a time where there is no xz
// program; each block becomes a stream of its own, which all readers of xz
// take one after the other.
const xzGoBlock = 24 * mib

func (c *compression) xzGo() (io.WriteCloser, error) {
	for _, o := range c.Options {
		if !strings.HasPrefix(o, "-") || len(o) != 2 || o[1] < '0' || o[1] > '9' {
			return nil, fmt.Errorf("%q: only the xz program takes this option", o)
		}
	}
	config := xz.WriterConfig{DictCap: 8 * mib, CheckSum: xz.CRC64}
	return newParallel(c.out, c.Threads, xzGoBlock, func(block []byte) ([]byte, error) {
		var out bytes.Buffer
		w, err := config.NewWriter(&out)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(block); err != nil {
			return nil, err
		}
		err = w.Close()
		return out.Bytes(), err
	}), nil
}
