// SPDX-License-Identifier: MIT

package exasock

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ErrReleased ends a [Page.Watch]: the driver no longer manages the bond.
var ErrReleased = errors.New("the bond was released from exasock's management")

// Poll is how often Watch looks at the page. Nothing can wait on the mapping
// for a change: poll(2) does not know it and the driver sends no message. So
// Watch looks, soon after a change, since link trouble comes in bursts, and
// then twice as late each time.
type Poll struct {
	Min time.Duration // after a change; 0 is 1 ms
	Max time.Duration // when nothing happens; 0 is 50 ms
}

// releaseCheck is how often Watch makes sure that the page is still alive.
const releaseCheck = time.Second

// Watch yields the active port (nil: there is none), first the one of now and
// then each change that it sees, until ctx is done, or with ErrReleased when
// the bond is. A member that was active for less than the interval can be
// missed. With the default intervals it takes a few thousandths of a core.
func (p *Page) Watch(ctx context.Context, poll Poll) iter.Seq2[*Port, error] {
	if poll.Min <= 0 {
		poll.Min = time.Millisecond
	}
	if poll.Max <= 0 {
		poll.Max = 50 * time.Millisecond
	}
	poll.Max = max(poll.Min, poll.Max)
	return func(yield func(*Port, error) bool) {
		last := p.Word()
		if ctx.Err() != nil || !yield(last.Port(), nil) {
			return
		}
		wait, checked := poll.Min, time.Now()
		timer := time.NewTimer(wait)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-timer.C:
				word := p.Word()
				// A release makes the word zero, so a change may be that.
				if word != last || now.Sub(checked) >= releaseCheck {
					if checked = now; p.Released() {
						yield(nil, ErrReleased)
						return
					}
				}
				switch {
				case word == last:
					wait = min(2*wait, poll.Max)
				case samePort(word.Port(), last.Port()):
					last = word // only what means nothing differs
				default:
					last, wait = word, poll.Min
					if !yield(word.Port(), nil) {
						return
					}
				}
				timer.Reset(wait)
			}
		}
	}
}

func samePort(a, b *Port) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
