// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pjrt

import "io/fs"

func keepFreedMemory() {} // no such setting

// FirstUse calls f. On Linux it also has glibc return freed buffers to the system meanwhile.
func FirstUse(f func() error) error { return f() }

func identity(fs.FileInfo) string { return "" }

// UseHugePages has glibc ask the kernel for huge pages, which is possible on Linux only: elsewhere it does nothing.
func UseHugePages() {}
