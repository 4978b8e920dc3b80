"""The compiled search. Only what is compiled lives here: any change compiles everything anew."""
