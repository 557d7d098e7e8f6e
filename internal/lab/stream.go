package lab

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Stream is a series of echo requests at a steady pace.
type Stream struct {
	cmd   *exec.Cmd
	out   transcript
	every time.Duration
}

// transcript is what a command has printed so far.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// Loss is what became of a Stream.
type Loss struct {
	Sent, Answered int
	// Silence is the longest time without an answer, beyond the pace; 0 below half of it. It may be long although nothing
	// was lost: a host keeps requests back until it knows its neighbour's MAC. A request still under way when the stream
	// ended does not count.
	Silence time.Duration
}

func (l Loss) String() string {
	return fmt.Sprintf("%d of %d lost, silence of %s", l.Sent-l.Answered, l.Sent, l.Silence.Round(10*time.Millisecond))
}

// Stream starts pinging from one host to another.
func (l *Lab) Stream(from, to string, every time.Duration) (*Stream, error) {
	s := &Stream{every: every}
	s.cmd = in(context.Background(), from, "ping", "-n", "-D", "-i", fmt.Sprint(every.Seconds()), l.Host(to).IP.String())
	s.cmd.Stdout, s.cmd.Stderr = &s.out, io.Discard
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("stream from %s to %s: %w", from, to, err)
	}
	return s, nil
}

// Answers is how many requests have been answered so far.
func (s *Stream) Answers() int { return len(pingAnswer.FindAllStringIndex(s.out.String(), -1)) }

// AnsweredAfter is when the first answer after a time came; false if none has yet.
func (s *Stream) AnsweredAfter(t time.Time) (time.Time, bool) {
	for _, m := range pingAnswer.FindAllStringSubmatch(s.out.String(), -1) {
		if _, at, err := parseAnswer(m); err == nil && at.After(t) {
			return at, true
		}
	}
	return time.Time{}, false
}

// Stop ends the stream.
func (s *Stream) Stop() (Loss, error) {
	_ = s.cmd.Process.Signal(syscall.SIGINT) // ping prints its summary then
	_ = s.cmd.Wait()                         // its exit code only says that answers are missing
	return parsePing(s.out.String(), s.every)
}

var (
	pingAnswer  = regexp.MustCompile(`(?m)^\[(\d+)\.(\d{6})\] .*icmp_seq=(\d+) ttl=`)
	pingSummary = regexp.MustCompile(`(\d+) packets transmitted`)
)

// parsePing reads what ping -D prints. The numbers of a series begin with 1.
func parsePing(out string, every time.Duration) (l Loss, err error) {
	summary := pingSummary.FindStringSubmatch(out)
	if summary == nil {
		return l, fmt.Errorf("ping says %q", out)
	}
	if l.Sent, err = number(summary[1]); err != nil {
		return l, err
	}
	answered := map[int]bool{}
	var last time.Time
	for _, m := range pingAnswer.FindAllStringSubmatch(out, -1) {
		seq, at, err := parseAnswer(m)
		if err != nil {
			return l, err
		}
		if !last.IsZero() {
			l.Silence = max(l.Silence, at.Sub(last)-every)
		}
		last = at
		answered[seq] = true
	}
	if l.Sent > 0 && !answered[l.Sent] {
		l.Sent--
	}
	if l.Answered = len(answered); l.Silence < every/2 {
		l.Silence = 0 // the machine's jitter
	}
	return l, nil
}

// parseAnswer reads a match of pingAnswer.
func parseAnswer(m []string) (seq int, at time.Time, err error) {
	var n [3]int
	for i := range n {
		if n[i], err = number(m[i+1]); err != nil {
			return 0, time.Time{}, err
		}
	}
	return n[2], time.Unix(int64(n[0]), int64(n[1])*1000), nil
}

func number(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("ping says %q: %w", s, err)
	}
	return int(n), nil
}
