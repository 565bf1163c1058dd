// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// The structure of .xz files: https://tukaani.org/xz/xz-file-format.txt
const (
	xzHeaderSize = 12
	xzFooterSize = 12
	xzMaxIndex   = 16 * mib
)

var errXz = errors.New("is no whole xz file")

// xzRecord is a block as the index of its stream has it.
type xzRecord struct{ unpadded, size int64 }

// xzSize is the uncompressed size of an xz file by its indexes, without
// decompressing it: a claim, until the file was read.
func xzSize(s *source) (total int64, err error) {
	err = xzStreams(s, func(records []xzRecord) error {
		for _, r := range records {
			if total += r.size; total < 0 {
				return errXz
			}
		}
		return nil
	})
	return total, err
}

// xzStreams calls visit for each stream from the last to the first.
func xzStreams(f *source, visit func(records []xzRecord) error) error {
	end := f.size
	for end > 0 {
		var word [4]byte
		if end < 4 {
			return errXz
		}
		if _, err := f.ReadAt(word[:], end-4); err != nil {
			return err
		}
		if word == [4]byte{} { // padding between streams
			end -= 4
			continue
		}
		start, records, err := xzStream(f, end)
		if err != nil {
			return err
		}
		if err := visit(records); err != nil {
			return err
		}
		end = start
	}
	return nil
}

// xzStream reads the index of the stream that ends at end.
func xzStream(f io.ReaderAt, end int64) (start int64, records []xzRecord, err error) {
	if end < xzHeaderSize+xzFooterSize {
		return 0, nil, errXz
	}
	var footer [xzFooterSize]byte
	if _, err := f.ReadAt(footer[:], end-xzFooterSize); err != nil {
		return 0, nil, err
	}
	if string(footer[10:]) != "YZ" || crc32.ChecksumIEEE(footer[4:10]) != binary.LittleEndian.Uint32(footer[:4]) {
		return 0, nil, errXz
	}
	length := (int64(binary.LittleEndian.Uint32(footer[4:8])) + 1) * 4
	at := end - xzFooterSize - length
	if length > xzMaxIndex || at < xzHeaderSize {
		return 0, nil, errXz
	}
	index := make([]byte, length)
	if _, err := f.ReadAt(index, at); err != nil {
		return 0, nil, err
	}
	if crc32.ChecksumIEEE(index[:length-4]) != binary.LittleEndian.Uint32(index[length-4:]) || index[0] != 0 {
		return 0, nil, errXz
	}
	r := bytes.NewReader(index[1 : length-4])
	n, err := binary.ReadUvarint(r)
	if err != nil || n > uint64(length) {
		return 0, nil, errXz
	}
	var blocks int64
	for range n {
		unpadded, err1 := binary.ReadUvarint(r)
		size, err2 := binary.ReadUvarint(r)
		if err1 != nil || err2 != nil || unpadded > uint64(at) || size > 1<<62 {
			return 0, nil, errXz
		}
		records = append(records, xzRecord{int64(unpadded), int64(size)})
		blocks += (int64(unpadded) + 3) &^ 3
		if blocks > at {
			return 0, nil, errXz
		}
	}
	start = at - blocks - xzHeaderSize
	if start < 0 {
		return 0, nil, errXz
	}
	return start, records, nil
}
