package config

import (
	"fmt"
	"slices"
	"strings"
)

// nearest returns the candidate that word was most likely meant to be, or "".
// Case, - and _ count as equal; up to a third of the letters may differ.
func nearest(word string, candidates []string) string {
	best, bestDistance := "", len(word)/3+1
	for _, candidate := range candidates {
		if distance := editDistance(folded(word), folded(candidate)); distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// didYouMean returns a hint with the nearest candidate first and all of them
// after it, as in "did you mean sid? known here: app_key, sid".
func didYouMean(word, kind string, candidates []string) string {
	known := slices.Sorted(slices.Values(candidates))
	all := fmt.Sprintf("%s: %s", kind, strings.Join(known, ", "))
	if len(known) == 0 {
		all = kind + ": none"
	}
	if match := nearest(word, known); match != "" {
		return fmt.Sprintf("did you mean %s? %s", match, all)
	}
	return all
}

func folded(word string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(word))
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
