// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"io"
	"os"
)

// holes writes a file without its blocks of zeros. That the archive has no such
// blocks either is not seen from here: package tar gives all of the file.
type holes struct {
	*os.File
	at int64
}

// holeBlock is the unit in which file systems allocate space.
const holeBlock = 4096

func (h *holes) Write(p []byte) (int, error) {
	for n := 0; n < len(p); {
		k := min(int64(len(p)-n), holeBlock-h.at%holeBlock)
		part := p[n : n+int(k)]
		if !zeros(part) {
			if _, err := h.WriteAt(part, h.at); err != nil {
				return n, err
			}
		}
		n, h.at = n+len(part), h.at+k
	}
	return len(p), nil
}

// ReadFrom keeps io.Copy from using that of the file.
func (h *holes) ReadFrom(r io.Reader) (int64, error) {
	return io.CopyBuffer(onlyWriter{h}, onlyReader{r}, make([]byte, 1<<16))
}

func zeros(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }
