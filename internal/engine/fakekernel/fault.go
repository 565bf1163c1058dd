// SPDX-License-Identifier: MIT

package fakekernel

import (
	"fmt"
	"strings"
)

// A Call is one call of the kernel's interface.
type Call struct {
	N      int // counted from 1, of all calls
	Change int // counted from 1, of those that change something; 0 for a look
	Method string
	Args   []any
}

// String is the call as a test prints it: Enslave(bond0, eth0).
func (c Call) String() string {
	words := make([]string, len(c.Args))
	for i, a := range c.Args {
		words[i] = fmt.Sprint(a)
	}
	return c.Method + "(" + strings.Join(words, ", ") + ")"
}

// Died is what a call panics with at which the process is to die: [Dies]
// catches it.
type Died struct{ At Call }

// A Fault is what happens at a call.
type Fault struct {
	Err    error // the call is refused, without effect
	Before bool  // the process dies before the call has its effect
	After  bool  // it dies when the effect is there, before anybody hears of it
}

// Dies runs f and reports whether it ended because of a [Fault] that kills.
func Dies(f func()) (died bool) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case Died:
			died = true
		default:
			panic(r)
		}
	}()
	f()
	return false
}

// FailAt refuses the n-th call, or the n-th change, with err.
func FailAt(n int, changes bool, err error) func(Call) Fault {
	return func(c Call) Fault { return at(c, n, changes, Fault{Err: err}) }
}

// DieAt kills the process before or after the n-th change.
func DieAt(n int, after bool) func(Call) Fault {
	return func(c Call) Fault { return at(c, n, true, Fault{Before: !after, After: after}) }
}

func at(c Call, n int, changes bool, f Fault) Fault {
	if changes && c.Change == n || !changes && c.N == n {
		return f
	}
	return Fault{}
}

// look and change stand at the beginning of each method: they count the call,
// note it, and ask Fault. done is to be deferred where the call may be the last.
func (k *Kernel) look(method string, args ...any) error {
	_, err := k.call(false, method, args)
	return err
}

func (k *Kernel) change(method string, args ...any) (done func(), err error) {
	return k.call(true, method, args)
}

func (k *Kernel) call(changes bool, method string, args []any) (done func(), err error) {
	k.settle()
	k.calls++
	c := Call{N: k.calls, Method: method, Args: args}
	if changes {
		k.changes++
		c.Change = k.changes
	}
	k.Log = append(k.Log, c)
	var f Fault
	if k.Fault != nil {
		f = k.Fault(c)
	}
	if f.Before {
		panic(Died{c})
	}
	return func() {
		k.settle()
		if f.After {
			panic(Died{c})
		}
	}, f.Err
}

// Calls are how many calls there were, and how many of them were changes.
func (k *Kernel) Calls() (all, changes int) { return k.calls, k.changes }

// Restart forgets calls and Fault: another process begins.
func (k *Kernel) Restart() {
	k.calls, k.changes, k.Log, k.Fault, k.seen = 0, 0, nil, nil, nil
}
