// The limit of any search: loading every byte of the memory and OR-ing it, by the widest aligned loads there are.
#pragma once
#include <cstddef>
#include <cstdint>

bool has_avx512();
bool has_avx2();

/// Each reads all bytes and returns 0. Four vectors a turn, eight, eight of half the size, and words.
std::size_t read_avx512(const std::uint8_t *data, std::size_t size);
std::size_t read_avx512_wide(const std::uint8_t *data, std::size_t size);
std::size_t read_avx2(const std::uint8_t *data, std::size_t size);
std::size_t read_plain(const std::uint8_t *data, std::size_t size);
