// The state of what runs here, on the link that leads to the details.

const link = document.querySelector("[data-health]");

async function look() {
  const answer = await fetch(link.dataset.health, { headers: { Accept: "application/json" } });
  const up = answer.ok && (await answer.json()).status === "ok";
  link.dataset.state = up ? "SUCCESS" : "FAILED";
  link.textContent = up ? link.dataset.up : link.dataset.down;
}

look().catch(() => {
  link.dataset.state = "FAILED";
  link.textContent = link.dataset.down;
});
