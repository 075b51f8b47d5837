// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pjrt

func keepFreedMemory() {} // no such setting
