package erphttp

import "time"

// Health is what one cheap call says about a connection.
type Health struct {
	// Skew is this machine's clock against the platform's.
	Skew Skew
	// Problems are sentences for a person; none means that the credentials
	// were accepted.
	Problems []string
}

// OK says that nothing was found wrong.
func (h Health) OK() bool { return len(h.Problems) == 0 }

// clockTolerance is far below what platforms refuse (5 or 10 minutes), so that a
// drifting clock is named before it costs a run.
const clockTolerance = time.Minute

// CheckUp makes a Health out of the outcome of a call.
func CheckUp(skew Skew, err error) Health {
	health := Health{Skew: skew}
	if failed := AsError(err); failed != nil && !skew.Known {
		health.Skew = failed.Skew
	}
	if err != nil {
		health.Problems = append(health.Problems, err.Error())
	}
	if clock := health.Skew.Describe(clockTolerance); clock != "" {
		health.Problems = append(health.Problems, clock+"; set it by NTP, signatures depend on it")
	}
	return health
}
