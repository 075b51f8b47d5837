// SPDX-License-Identifier: Apache-2.0

package t5

import (
	"fmt"
	"math/big"
	"testing"
)

// The first distances of the buckets of a published T5 (32 buckets, 128 positions), as PyTorch's implementation in
// HuggingFace transformers gives them: bucket i holds the distances from first[i] up to first[i+1]-1.
var (
	encoderFirst = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91}
	decoderFirst = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113}
)

func TestRelativeBucketOfPublishedModels(t *testing.T) {
	for distance := range 2000 {
		for _, c := range []struct {
			relative int
			both     bool
			want     int
		}{
			{-distance, true, bucketIn(encoderFirst, distance)},
			{distance, true, bucketIn(encoderFirst, distance) + 16*min(distance, 1)},
			{-distance, false, bucketIn(decoderFirst, distance)},
			{distance, false, 0},
		} {
			if got := relativeBucket(c.relative, 32, 128, c.both); int(got) != c.want {
				t.Errorf("key at %d from the query, both sides %v: bucket %d, want %d", c.relative, c.both, got, c.want)
			}
		}
	}
}

func bucketIn(first []int, distance int) int {
	bucket := 0
	for bucket+1 < len(first) && first[bucket+1] <= distance {
		bucket++
	}
	return bucket
}

// TestRelativeBucketExactly compares with the formula in whole numbers: a distance n is in bucket exact+j or above
// where ln(n/exact)/ln(max/exact) * (buckets-exact) >= j, that is n^(buckets-exact) * exact^j >= max^j *
// exact^(buckets-exact).
func TestRelativeBucketExactly(t *testing.T) {
	for _, c := range []struct{ buckets, maxDistance int }{{32, 128}, {32, 64}, {64, 256}, {16, 40}, {12, 100}, {8, 20},
		{4, 8}} {
		t.Run(fmt.Sprintf("%d of %d", c.buckets, c.maxDistance), func(t *testing.T) {
			for distance := range 3 * c.maxDistance {
				if got, want := relativeBucket(-distance, c.buckets, c.maxDistance, false), exactBucket(distance,
					c.buckets, c.maxDistance); int(got) != want {
					t.Errorf("distance %d: bucket %d, want %d", distance, got, want)
				}
			}
		})
	}
}

func exactBucket(distance, buckets, maxDistance int) int {
	exact := buckets / 2
	if distance < exact {
		return distance
	}
	power := func(base, exponent int) *big.Int {
		return new(big.Int).Exp(big.NewInt(int64(base)), big.NewInt(int64(exponent)), nil)
	}
	bucket := exact
	for j := 1; exact+j < buckets; j++ {
		left := new(big.Int).Mul(power(distance, buckets-exact), power(exact, j))
		right := new(big.Int).Mul(power(maxDistance, j), power(exact, buckets-exact))
		if left.Cmp(right) >= 0 {
			bucket = exact + j
		}
	}
	return bucket
}
