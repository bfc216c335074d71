"""Healthy albums of many sorts, from word lists and a seed."""
