// SPDX-License-Identifier: Apache-2.0

package pjrt

import (
	"os"
	"strings"
	"syscall"
)

// UseHugePages has glibc ask the kernel for huge pages: XLA takes each step's memory from the system, and in pages of
// 4 KiB that costs a sixth of the step. glibc reads the setting when a program starts; so UseHugePages starts the
// program once more, as the same process with the same arguments, unless its environment has the setting. Call it
// before anything else. It returns if there is nothing to do or if the program cannot be started again; without glibc
// the setting changes nothing.
func UseHugePages() {
	const name, setting = "GLIBC_TUNABLES", "glibc.malloc.hugetlb"
	before, some := os.LookupEnv(name)
	if strings.Contains(before, setting) {
		return
	}
	program, err := os.Executable()
	if err != nil {
		return
	}
	os.Setenv(name, strings.TrimPrefix(before+":"+setting+"=1", ":"))
	syscall.Exec(program, os.Args, os.Environ()) // does not return, but for an error
	if !some {
		os.Unsetenv(name)
		return
	}
	os.Setenv(name, before)
}
