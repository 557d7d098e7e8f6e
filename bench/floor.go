package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// perTransaction and inFlight are what ovsdb-server is fastest with.
	perTransaction = 100
	inFlight       = 4
	// asFloor as the first argument makes the program the raw client.
	asFloor = "as-floor"
)

// script is the prebuilt work for one database: a request a line.
type script struct {
	Address string
	File    string
}

// speaker is a program that does prepared work, in a process of its own so that
// its CPU time is counted apart: this program once more as the raw client, or a
// peer. It speaks by lines: it reads the work, says "ready" when connected, reads
// "go", says "done", and ends with its input.
type speaker struct {
	process
	in  io.WriteCloser
	out *bufio.Reader
}

func startFloor(scripts []script) (*speaker, error) {
	text, err := json.Marshal(scripts)
	if err != nil {
		return nil, err
	}
	return startSpeaker(string(text), "/proc/self/exe", asFloor)
}

// startSpeaker starts a program that speaks so.
func startSpeaker(work, name string, args ...string) (f *speaker, err error) {
	f = &speaker{process: process{command(name, args...)}}
	f.Stderr = os.Stderr
	if f.in, err = f.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := f.StdoutPipe()
	if err != nil {
		return nil, err
	}
	f.out = bufio.NewReader(out)
	if err := f.Start(); err != nil {
		return nil, err
	}
	return f, errors.Join(f.say(work), f.hear("ready"))
}

func (f *speaker) say(line string) error {
	_, err := fmt.Fprintln(f.in, line)
	return err
}

func (f *speaker) hear(want string) error {
	line, err := f.out.ReadString('\n')
	if err != nil || line != want+"\n" {
		return errors.Join(fmt.Errorf("%s says %q, not %q", f.Path, line, want), err)
	}
	return nil
}

func (f *speaker) end() error {
	if err := f.in.Close(); err != nil {
		return err
	}
	return f.Wait()
}

// runFloor has a raw client do prebuilt work, a list of requests for each server.
func runFloor(servers []*server, work [][][]byte) (sample, error) {
	f, err := readyFloor(servers, work)
	if err != nil {
		return sample{}, err
	}
	return f.run(servers...)
}

// readyFloor is a raw client that is connected and has its work.
func readyFloor(servers []*server, work [][][]byte) (*speaker, error) {
	scripts := make([]script, len(servers))
	for i, s := range servers {
		var err error
		if scripts[i], err = writeScript(s, work[i]); err != nil {
			return nil, err
		}
		defer os.Remove(scripts[i].File) //nolint:errcheck // its directory goes with the server
	}
	return startFloor(scripts)
}

// run sends everything and measures until the last reply.
func (f *speaker) run(servers ...*server) (sample, error) {
	m := startMeter(f.process, servers...)
	if err := f.play(); err != nil {
		return sample{}, err
	}
	s := m.stop(time.Now())
	return s, f.end()
}

func (f *speaker) play() error { return errors.Join(f.say("go"), f.hear("done")) }

// writeScript stores requests for a raw client, beside the database that they are for.
func writeScript(s *server, requests [][]byte) (script, error) {
	f, err := os.CreateTemp(s.dir, "script")
	if err != nil {
		return script{}, err
	}
	_, err = f.Write(append(bytes.Join(requests, []byte("\n")), '\n'))
	return script{s.tcp(), f.Name()}, errors.Join(err, f.Close())
}

// rawClient is the other side: what the process does.
func rawClient(in io.Reader, out io.Writer) error {
	commands := bufio.NewReaderSize(in, 1<<20)
	line, err := commands.ReadBytes('\n')
	if err != nil {
		return err
	}
	var scripts []script
	if err := json.Unmarshal(line, &scripts); err != nil {
		return err
	}
	players, err := newPlayers(scripts)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	if _, err := commands.ReadString('\n'); err != nil {
		return err
	}
	if err := playAll(players); err != nil {
		return err
	}
	fmt.Fprintln(out, "done")
	_, err = io.Copy(io.Discard, commands)
	return err
}

func playAll(players []*player) error {
	errs := make([]error, len(players))
	var wg sync.WaitGroup
	for i, p := range players {
		wg.Go(func() { errs[i] = p.play() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// player sends the requests of one script, a few at a time.
type player struct {
	*rawConn
	requests [][]byte
}

// newPlayers reads all scripts before it connects: a server gives up who does not
// answer for ten seconds, and nobody answers before the start.
func newPlayers(scripts []script) ([]*player, error) {
	players := make([]*player, len(scripts))
	for i, s := range scripts {
		text, err := os.ReadFile(filepath.Clean(s.File))
		if err != nil {
			return nil, err
		}
		players[i] = &player{requests: bytes.Split(bytes.TrimSpace(text), []byte("\n"))}
	}
	for i, s := range scripts {
		var err error
		if players[i].rawConn, err = dialRaw(s.Address); err != nil {
			return nil, err
		}
	}
	return players, nil
}

func (p *player) play() error {
	for sent, answered := 0, 0; answered < len(p.requests); answered++ {
		for ; sent < len(p.requests) && sent < answered+inFlight; sent++ {
			if _, err := p.Write(p.requests[sent]); err != nil {
				return err
			}
		}
		reply, err := p.next()
		if err != nil {
			return err
		}
		if failed(reply) {
			return fmt.Errorf("request %d: %.300s", answered, reply)
		}
	}
	return nil
}
