// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// lzipReader decompresses lzip files, of one member or several:
// https://www.nongnu.org/lzip/manual/lzip_manual.html#File-format
type lzipReader struct {
	ctx     context.Context
	in      *bufio.Reader
	dicts   int64 // how much may be cleared for dictionaries, each member's anew
	counter *byteCounter
	data    io.Reader
	sum     uint32
	size    uint64
	members int
}

func newLzipReader(ctx context.Context, in *bufio.Reader, dicts int64) *lzipReader {
	return &lzipReader{ctx: ctx, in: in, dicts: dicts}
}

// byteCounter counts the bytes that the decoder takes: it asks for one at a
// time, so it takes none of the trailer.
type byteCounter struct {
	in     *bufio.Reader
	header []byte // to be given first
	n      uint64
}

func (c *byteCounter) ReadByte() (byte, error) {
	if len(c.header) > 0 {
		b := c.header[0]
		c.header = c.header[1:]
		return b, nil
	}
	b, err := c.in.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

func (c *byteCounter) Read(p []byte) (int, error) {
	for i := range p {
		b, err := c.ReadByte()
		if err != nil {
			return i, err
		}
		p[i] = b
	}
	return len(p), nil
}

func (z *lzipReader) Read(p []byte) (int, error) {
	for {
		if z.data == nil {
			if err := z.next(); err != nil {
				return 0, err
			}
		}
		n, err := z.data.Read(p)
		z.sum = crc32.Update(z.sum, crc32.IEEETable, p[:n])
		z.size += uint64(n)
		if err == io.EOF {
			if err := z.trailer(); err != nil {
				return n, err
			}
			z.data = nil
		} else if err != nil {
			return n, fmt.Errorf("lzip: %w", err)
		}
		if n > 0 {
			return n, nil
		}
	}
}

// lzipMember is what setting up a decoder costs, as bytes that are cleared.
const lzipMember = 256 << 10

// next reads the header of a member: magic, version 1, coded dictionary size.
func (z *lzipReader) next() error {
	if z.ctx.Err() != nil {
		return context.Cause(z.ctx)
	}
	if _, err := z.in.Peek(1); err == io.EOF && z.members > 0 {
		return io.EOF
	}
	var h [6]byte
	if _, err := io.ReadFull(z.in, h[:]); err != nil {
		return fmt.Errorf("lzip: %w", io.ErrUnexpectedEOF)
	}
	if string(h[:4]) != "LZIP" || h[4] != 1 {
		return errors.New("lzip: data that is no member of version 1")
	}
	bits := h[5] & 0x1f
	if bits < 12 || bits > 29 {
		return errors.New("lzip: impossible dictionary size")
	}
	dict := uint32(1) << bits
	dict -= dict / 16 * uint32(h[5]>>5)
	switch z.dicts -= int64(dict) + lzipMember; {
	case dict > maxDictionary:
		return fmt.Errorf("lzip: needs a dictionary of more than %d MiB", maxDictionary/mib)
	case z.dicts < 0:
		return errors.New("lzip: has more members, or with larger dictionaries, than can be undone in good time")
	}
	// The same stream with the header of an .lzma file of unknown size:
	// properties lc=3, lp=0, pb=2.
	header := binary.LittleEndian.AppendUint32([]byte{0x5d}, dict)
	header = binary.LittleEndian.AppendUint64(header, ^uint64(0))
	z.counter = &byteCounter{in: z.in, header: header}
	r, err := lzma.ReaderConfig{DictCap: maxDictionary}.NewReader(z.counter)
	if err != nil {
		return fmt.Errorf("lzip: %w", err)
	}
	z.data, z.sum, z.size = r, 0, 0
	z.members++
	return nil
}

// trailer checks what stands after a member: CRC32 and size of the data, size
// of the member.
func (z *lzipReader) trailer() error {
	var t [20]byte
	if _, err := io.ReadFull(z.in, t[:]); err != nil {
		return fmt.Errorf("lzip: %w", io.ErrUnexpectedEOF)
	}
	switch {
	case binary.LittleEndian.Uint32(t[:]) != z.sum:
		return errors.New("lzip: the sum of the data is wrong")
	case binary.LittleEndian.Uint64(t[4:]) != z.size:
		return errors.New("lzip: the size of the data is wrong")
	case binary.LittleEndian.Uint64(t[12:]) != z.counter.n+6+20:
		return errors.New("lzip: the size of the member is wrong")
	}
	return nil
}
