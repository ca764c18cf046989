"""Stage 14, conformance: nothing new. The server of stage 13 passes."""
