// SPDX-License-Identifier: Apache-2.0

package train

import (
	"runtime"
	"syscall"
)

// PeakRSSMiB returns the peak of this process's resident memory, in MiB.
func PeakRSSMiB() int {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	unit := int64(1 << 10) // Linux counts KiB, macOS bytes
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return int(int64(usage.Maxrss) * unit >> 20)
}
