// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// checkXz refuses a file that the decoder in this process cannot undo, or for
// which it would take too much memory: it takes what the header of a block says
// before anything is known to be true, and for each block anew. The blocks are
// found as the decoder finds them, one after the other; the indexes at the ends
// of the streams may lie.
func checkXz(ctx context.Context, s *source) error {
	w := xzWalker{source: s, ctx: ctx, buf: make([]byte, 64<<10)}
	for w.at < s.size {
		if err := w.stream(); err != nil {
			return err
		}
	}
	return nil
}

type xzWalker struct {
	*source
	ctx   context.Context
	at    int64
	dicts int64  // size of all dictionaries
	buf   []byte // of the file, from bufAt on
	bufAt int64
	have  int64
}

// maxDicts is how much the decoder may clear for all blocks of a file of so
// many bytes: many small blocks with a large dictionary each take for ever. xz
// -9 with blocks of 1 MiB is far below it.
func maxDicts(size int64) int64 { return 16<<30 + 512*size }

// next reads the next n bytes, which must be there; they stay until the next
// call. Chunks may be a few bytes long, so the file is read in larger pieces.
func (w *xzWalker) next(n int64) ([]byte, error) {
	if w.at < w.bufAt || w.at+n > w.bufAt+w.have {
		if w.ctx.Err() != nil {
			return nil, context.Cause(w.ctx)
		}
		k, err := w.ReadAt(w.buf, w.at)
		if err != nil && err != io.EOF {
			return nil, errors.Join(errXz, err)
		}
		if w.bufAt, w.have = w.at, int64(k); n > w.have {
			return nil, errXz
		}
	}
	from := w.at - w.bufAt
	w.at += n
	return w.buf[from : from+n], nil
}

// sizes of the check after a block, by the type in the header of the stream.
var xzChecks = map[byte]int64{0: 0, 1: 4, 4: 8, 10: 32}

func (w *xzWalker) stream() error {
	b, err := w.next(4)
	if err != nil || string(b) == "\x00\x00\x00\x00" { // padding
		return err
	}
	w.at -= 4
	if b, err = w.next(xzHeaderSize); err != nil {
		return err
	}
	check, ok := xzChecks[b[7]]
	if string(b[:6]) != "\xfd7zXZ\x00" || !ok {
		return errXz
	}
	for {
		first, err := w.next(1)
		if err != nil {
			return err
		}
		if first[0] == 0 {
			return w.index()
		}
		if err := w.header(first[0]); err != nil {
			return err
		}
		if err := w.chunks(); err != nil {
			return err
		}
		w.at = (w.at+3)&^3 + check
	}
}

// header reads the rest of the header of a block: flags, sizes, filters.
func (w *xzWalker) header(length byte) error {
	b, err := w.next((int64(length)+1)*4 - 1)
	if err != nil {
		return err
	}
	flags, b := b[0], b[1:len(b)-4] // without its sum
	for _, present := range []byte{0x40, 0x80} {
		if flags&present != 0 {
			_, n := binary.Uvarint(b)
			if n <= 0 {
				return errXz
			}
			b = b[n:]
		}
	}
	switch {
	case len(b) < 3:
		return errXz
	case flags&3 != 0 || b[0] != 0x21 || b[1] != 1: // one filter, LZMA2
		return errors.New("uses a filter that only the xz program can undo")
	case b[2] > 30: // 128 MiB; two steps to a power of two
		return fmt.Errorf("needs a dictionary of more than %d MiB", maxDictionary/mib)
	}
	if w.dicts += int64(2|b[2]&1) << (b[2]/2 + 11); w.dicts > maxDicts(w.size) {
		return errors.New("has more blocks than anything but the xz program can undo")
	}
	return nil
}

// chunks skips the LZMA2 chunks of a block. Their layout is that in XZ Embedded
// and the 7-Zip SDK; the format's specification does not have it.
func (w *xzWalker) chunks() error {
	for {
		control, err := w.next(1)
		if err != nil || control[0] == 0 {
			return err
		}
		var h []byte
		switch c := control[0]; {
		case c == 1 || c == 2: // stored: size
			if h, err = w.next(2); err == nil {
				w.at += int64(binary.BigEndian.Uint16(h)) + 1
			}
		case c >= 0x80: // compressed: size, compressed size, maybe properties
			if h, err = w.next(4); err == nil {
				w.at += int64(binary.BigEndian.Uint16(h[2:])) + 1
			}
			if c >= 0xc0 {
				w.at++
			}
		default:
			err = errXz
		}
		if err != nil {
			return err
		}
	}
}

// index skips the index and the footer.
func (w *xzWalker) index() error {
	r := &byteCounter{in: bufio.NewReader(&contextReader{w.ctx, io.NewSectionReader(w, w.at, w.size-w.at)})}
	records, err := binary.ReadUvarint(r)
	for i := uint64(0); i < 2*records && err == nil; i++ {
		_, err = binary.ReadUvarint(r)
	}
	if err != nil {
		return errXz
	}
	w.at = (w.at+int64(r.n)+3)&^3 + 4 + xzFooterSize
	if w.at > w.size {
		return errXz
	}
	return nil
}
