// SPDX-License-Identifier: MIT

package cmdline

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Waiting says on a terminal what takes long, from the first second on, with
// the seconds that it has taken; nothing where w is none. Call what it returns
// before anything else is printed: it takes the line away.
func Waiting(w io.Writer, what string) (done func()) {
	if !IsTerminal(w) {
		return func() {}
	}
	return waiting(w, what, time.Second)
}

func waiting(w io.Writer, what string, every time.Duration) (done func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for n := 1; ; n++ {
			select {
			case <-ticks.C:
				fmt.Fprintf(w, "\r%s: %d s", what, n)
			case <-stop:
				if n > 1 {
					io.WriteString(w, "\r\x1b[K")
				}
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(stop)
		<-stopped
	})
}
