from pathlib import Path

import mediakeep

files = sorted(Path("recordings").glob("*.wav"))
for result in mediakeep.process("splitter-fixed", files, "pieces", duration=0.3):
    print(result.success, len(result.output_paths), result.error_message)

engine = mediakeep.PipelineEngine()
if faults := engine.validate("lectures.yaml"):
    raise SystemExit("\n".join(faults))
print("\n".join(engine.dry_run("lectures.yaml")))
session = engine.execute("lectures.yaml")  # as mediakeep.run_pipeline("lectures.yaml")
print(session.id, session.state, session.counts)

manager = mediakeep.SessionManager()
batch = manager.run_batch("converter", files, "flac", format="flac")
if batch.state == "failed":
    batch = manager.run_batch("converter", files, "flac", resume_session_id=batch.id)
print([file.output for file in batch.files])
