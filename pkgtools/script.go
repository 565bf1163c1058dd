// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// scriptRun runs the doinst.sh of a package as installpkg does: with bash where
// there is one, in the root directory, without arguments. The pairs of lines
// that makepkg writes for symbolic links are done by this process, in their
// order with the rest: the script asks for each run of them over a pipe. So a
// package with thousands of links takes no thousands of processes, a directory
// that is missing does not send `rm -rf` elsewhere, and a link never replaces a
// directory that is not empty.
type scriptRun struct {
	dir            string // the root directory
	root           *rootDirs
	work           string // a directory for the rewritten script
	stdout, stderr io.Writer
	warn           func(string)
	step           func(what string) error
	failed         []string // links that could not be made
}

var hereDocument = regexp.MustCompile(`<<-?[ \t]*(\\?[A-Za-z_][A-Za-z_0-9]*|'[^']*'|"[^"]*")`)

// rewrite replaces each run of link pairs by a request for it. Here-documents
// are text, and stay. The number of lines stays, for the shell's messages.
func rewrite(script []byte) (text []byte, runs [][]link) {
	lines := strings.SplitAfter(string(script), "\n")
	var out bytes.Buffer
	end := "" // of the here-document that we are in
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSuffix(lines[i], "\n")
		if end != "" {
			if strings.TrimLeft(line, "\t") == end {
				end = ""
			}
			out.WriteString(lines[i])
			continue
		}
		var run []link
		j := i
		for ; j+1 < len(lines); j += 2 {
			rm, ok1 := parseLinkLine(strings.TrimSuffix(lines[j], "\n"))
			ln, ok2 := parseLinkLine(strings.TrimSuffix(lines[j+1], "\n"))
			if !ok1 || !ok2 || rm.target != "" || ln.target == "" || rm.dir != ln.dir || rm.name != ln.name {
				break
			}
			run = append(run, link{path.Join("/", rm.dir, rm.name)[1:], ln.target})
		}
		if len(run) > 0 {
			fmt.Fprintf(&out, "echo %d >&9; read -r MKSLACK_DONE <&8%s", len(runs), strings.Repeat("\n", strings.Count(strings.Join(lines[i:j], ""), "\n")))
			runs = append(runs, run)
			i = j - 1
			continue
		}
		// A lone line of this form: what follows cd is for that directory only.
		if l, ok := parseLinkLine(line); ok && l.dir != "" {
			out.WriteString(strings.Replace(lines[i], " ; ", " && ", 1))
			continue
		}
		if m := hereDocument.FindStringSubmatch(line); m != nil && !strings.HasPrefix(strings.TrimSpace(line), "#") && !strings.Contains(line, "<<<") {
			end = strings.Trim(m[1], `\'"`)
		}
		out.WriteString(lines[i])
	}
	return out.Bytes(), runs
}

// shell is what runs scripts: bash, with sh as installpkg's last resort.
func shell() string {
	if info, err := os.Stat("/bin/bash"); err == nil && info.Mode()&0o111 != 0 {
		return "/bin/bash"
	}
	return "/bin/sh"
}

// What the shell may take to read a script that it does not run. The doinst.sh
// of texlive, the largest known, takes 60 ms and 20 MB.
const (
	checkTime   = 10 * time.Second
	checkMemory = 384 * mib
)

// checkScript asks the shell whether it can read the script.
func checkScript(ctx context.Context, name string, script []byte) error {
	if len(script) == 0 {
		return nil
	}
	// From a pipe, the shell reads byte by byte: thousands of links are left out.
	text, _ := rewrite(script)
	limited, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(limited, shell(), "-c", fmt.Sprintf(`ulimit -v %d 2>/dev/null; exec "$0" -n`, checkMemory>>10), shell())
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return fmt.Errorf("the shell cannot read %s in %d seconds", name, checkTime/time.Second)
	case !errors.As(err, &exit):
		return err
	}
	return fmt.Errorf("the shell cannot read %s: %.300s", name, cmp.Or(firstLine(strings.TrimSpace(stderr.String())), err.Error()))
}

func quoteShell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// doinst runs the script. Its exit status means nothing: it is that of
// whatever came last.
func (s *scriptRun) doinst(ctx context.Context, script []byte) error {
	text, runs := rewrite(script)
	name := filepath.Join(s.work, "doinst.sh")
	if err := os.WriteFile(name, text, 0o700); err != nil {
		return err
	}
	asked, ask, err := os.Pipe()
	if err != nil {
		return err
	}
	defer asked.Close()
	done, answer, err := os.Pipe()
	if err != nil {
		ask.Close()
		return err
	}
	defer answer.Close()
	// Not ". FILE": there a return would end the script, and the rest be lost.
	cmd := exec.Command(shell(), "-c", `eval "$(cat `+quoteShell(name)+`)"`, shell())
	cmd.ExtraFiles = []*os.File{7 - 3: nil, 8 - 3: done, 9 - 3: ask}
	wait, err := s.start(ctx, cmd)
	ask.Close()
	done.Close()
	if err != nil {
		return err
	}
	// A program that the script leaves running holds the pipe open: what ends
	// is the script.
	ended := make(chan error, 1)
	go func() {
		err := wait()
		asked.SetReadDeadline(time.Now())
		ended <- err
	}()
	linkErr := s.serve(asked, answer, runs)
	if err := <-ended; err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return linkErr
}

// serve makes the links that the script asks for.
func (s *scriptRun) serve(asked io.Reader, answer io.Writer, runs [][]link) error {
	requests := bufio.NewScanner(asked)
	for requests.Scan() {
		n, err := strconv.Atoi(requests.Text())
		if err != nil || n < 0 || n >= len(runs) {
			continue
		}
		s.root.forget() // the script may have changed anything
		t := newTree(s.root)
		for _, l := range runs[n] {
			if err := s.step("link"); err != nil {
				return err
			}
			if err := s.link(t, l); err != nil {
				s.failed = append(s.failed, l.path)
				s.warn(l.notMade(reason(err)))
			}
		}
		s.root.forget()
		io.WriteString(answer, "\n") // if it has ended meanwhile, so has the script
	}
	return nil
}

var errDirHasFiles = errors.New("a directory with files in it has that name")

// notMade says that a link of doinst.sh could not be made.
func (l link) notMade(err error) string {
	return fmt.Sprintf("the symbolic link %q to %q was not made: %v", l.path, l.target, err)
}

// link makes a symbolic link, in place of a file, link or empty directory.
func (s *scriptRun) link(t *tree, l link) error {
	place, err := t.place(l.path)
	if err != nil {
		return err
	}
	old, oldErr := s.root.Readlink(place)
	if oldErr == nil && old == l.target {
		return nil
	}
	tmp := path.Join(path.Dir(place), ".mkslack-link")
	if err := s.root.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if errors.Is(oldErr, fs.ErrNotExist) {
		return s.root.Symlink(l.target, place)
	}
	if err := s.root.Symlink(l.target, tmp); err != nil {
		return err
	}
	if info, err := s.root.Lstat(place); err == nil && info.IsDir() {
		if err := s.root.Remove(place); err != nil {
			s.root.Remove(tmp)
			if errors.Is(err, syscall.ENOTEMPTY) {
				return errDirHasFiles
			}
			return err
		}
	}
	if err := s.root.Rename(tmp, place); err != nil {
		return errors.Join(err, s.root.Remove(tmp))
	}
	return nil
}

// douninst runs the script that a package leaves for its removal: sh FILE, in
// the root directory, where FILE is at place. In removepkg it has the locale C.
func (s *scriptRun) douninst(ctx context.Context, script []byte, place string) error {
	if err := replaceFile(s.root, place, script, 0o700); err != nil {
		return err
	}
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return err
	}
	cmd := exec.Command("/bin/sh", filepath.Join(dir, place))
	cmd.Env = []string{"LC_ALL=C"}
	wait, err := s.start(ctx, cmd)
	if err != nil {
		return err
	}
	if err := wait(); err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.root.forget()
	return ignoreNotExist(s.root.Remove(place))
}

// environment is what scripts get of ours: ROOT, where it is set, names the root
// that is changed, as with installpkg, which puts the value of --root there. A
// variable by which upgradepkg says that a script is not to run is not for them.
func (s *scriptRun) environment() []string {
	var env []string
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		if name == "ROOT" && value != "" {
			v = "ROOT=" + s.dir
		}
		if name != "PRE_INSTALL_PASS" {
			env = append(env, v)
		}
	}
	return env
}

// start starts cmd so that it dies with this process.
func (s *scriptRun) start(ctx context.Context, cmd *exec.Cmd) (wait func() error, err error) {
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, s.stdout, s.stderr
	cmd.Env = append(s.environment(), cmd.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second // for what the script leaves running
	started, result := make(chan error), make(chan error, 1)
	go func() {
		// The signal comes when the thread ends that started the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		old := syscall.Umask(0o022)
		err := cmd.Start()
		syscall.Umask(old)
		started <- err
		if err == nil {
			err = cmd.Wait()
			if errors.Is(err, exec.ErrWaitDelay) {
				err = nil
			}
			result <- err
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	return func() error { defer stop(); return <-result }, nil
}
