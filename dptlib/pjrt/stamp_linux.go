// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"fmt"
	"io/fs"
	"syscall"
)

// identity tells a file from every other, and from itself before a change; it is empty if the system does not provide
// one.
func identity(info fs.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprint(s.Dev, s.Ino, s.Size, s.Mtim.Nano(), s.Ctim.Nano())
}
