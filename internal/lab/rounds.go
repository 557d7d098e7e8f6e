package lab

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

// roundLog is the emulator's own log, in which times have milliseconds.
const roundLog = "rounds.log"

// ovs-vtep logs this once a round for each Logical_Switch, when it reads the remote rows.
var roundLine = regexp.MustCompile(`(?m)^(\S+)\.(\S{3})Z \| .* \| update_remote_macs: using tunnel key \d+ in (\S+)$`)

// Rounds lists the times at which the distribution's ovs-vtep read the remote rows of a Logical_Switch.
func (s *Switch) Rounds(logicalSwitch string) ([]time.Time, error) {
	log, err := os.ReadFile(s.path(roundLog))
	if err != nil {
		return nil, err
	}
	return parseRounds(string(log), logicalSwitch)
}

func parseRounds(log, logicalSwitch string) (rounds []time.Time, err error) {
	for _, m := range roundLine.FindAllStringSubmatch(log, -1) {
		if m[3] != logicalSwitch {
			continue
		}
		// Three characters of the milliseconds, whatever they are: 45.678 ms come as "45.".
		ms, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return nil, fmt.Errorf("log of ovs-vtep: %w", err)
		}
		at, err := time.Parse("2006-01-02T15:04:05", m[1])
		if err != nil {
			return nil, fmt.Errorf("log of ovs-vtep: %w", err)
		}
		rounds = append(rounds, at.Add(time.Duration(ms*float64(time.Millisecond))))
	}
	return rounds, nil
}
